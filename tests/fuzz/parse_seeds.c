/* SPDX-License-Identifier: MIT */
/* Writes the frames of the unit table into a folder, as seeds of the fuzzer. */
#include <stdio.h>
#include <string.h>
#include "parse_build.h"
#include "parse_vectors.h"

/* Behind the frame: parse_fuzz.c's settings, all of it readable. */
static const char settings[8] = { [5] = 0x20 };

static int write_seed(const char *folder, size_t number)
{
	struct parse_frame frame;
	char path[4096];
	FILE *file;

	if (parse_build(parse_vectors[number].frame, &frame))
		return 1;
	snprintf(path, sizeof(path), "%s/%03zu", folder, number);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		return 1;
	}
	fwrite(frame.bytes, 1, frame.size, file);
	fwrite(settings, 1, sizeof(settings), file);
	return fclose(file) != 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: parse_seeds FOLDER\n");
		return 2;
	}
	for (size_t i = 0; i < parse_vector_count; i++)
		if (write_seed(argv[1], i))
			return 1;
	return 0;
}
