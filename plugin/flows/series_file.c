/* SPDX-License-Identifier: MIT */
/* series_file.c: the names of series in their file. */
#include "flows/series_names.h"
#include "state/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define LARGEST (16 << 20) /* bytes; 10,000 names take less than 8 MiB */

int kidos_names_load(struct kidos_names *names, const char *folder, uint64_t now)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	FILE *file;
	int error = kidos_file_open(folder, KIDOS_NAMES_FILE, LARGEST, &file);

	if (error || !file)
		return error;
	while ((length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		kidos_names_add_line(names, line, now);
	}
	free(line);
	fclose(file);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct kidos_name *const *left = a, *const *right = b;

	return ((*left)->seen < (*right)->seen) - ((*left)->seen > (*right)->seen);
}

/* The newest first: a smaller MaxFlowSeries then keeps those. */
static int write_names(const void *context, FILE *file)
{
	const struct kidos_names *names = context;
	const struct kidos_name **order = calloc(names->count + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < names->count; i++)
		order[i] = &names->items[i];
	qsort(order, names->count, sizeof(*order), newest_first);
	for (size_t i = 0; i < names->count; i++)
		fprintf(file, "%" PRIu64 " %s\n", order[i]->seen, order[i]->text);
	free(order);
	return 0;
}

int kidos_names_save(struct kidos_names *names, const char *folder)
{
	int error = kidos_file_replace(folder, KIDOS_NAMES_FILE, write_names, names);

	if (!error)
		names->changed = false;
	return error;
}
