/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "verifier_insns.h"

#define LOG_STATS 4 /* BPF_LOG_STATS, Linux 5.2: no trace, only the counts */
#define LOG_SIZE (64 * 1024)

/* "processed N insns (limit ...": the count, or -ENODATA in a log without it. */
static int processed(const char *log)
{
	const char *line = strstr(log, "processed ");
	int count;

	return line && sscanf(line, "processed %d insns", &count) == 1 ? count : -ENODATA;
}

int verifier_insns(struct bpf_object *object, const char *program)
{
	struct bpf_program *wanted = NULL, *other;
	char *log = calloc(1, LOG_SIZE);
	int result;

	if (!log)
		return -ENOMEM;
	bpf_object__for_each_program (other, object) {
		int is_wanted = !strcmp(bpf_program__name(other), program);

		bpf_program__set_autoload(other, is_wanted);
		if (is_wanted)
			wanted = other;
	}
	result = wanted ? bpf_program__set_log_buf(wanted, log, LOG_SIZE) : -ENOENT;
	if (!result)
		result = bpf_program__set_log_level(wanted, LOG_STATS);
	if (!result)
		result = bpf_object__load(object);
	if (result)
		fprintf(stderr, "%s: %s\n%s\n", program, strerror(-result), log);
	else
		result = processed(log);
	free(log);
	return result;
}
