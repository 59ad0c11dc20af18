/* SPDX-License-Identifier: MIT */
#ifndef PARSE_RUN_PRIVATE_H
#define PARSE_RUN_PRIVATE_H

#include "parse_run.h"
#include "parse_test.skel.h"

struct parse_run {
	struct parse_test_bpf *skeleton;
	int programs[PARSE_HOOKS];
	int parsed;
	int sender; /* packet socket of the live frames, -1 before */
};

/* What the last program that ran has kept. */
int parse_run_result(struct parse_run *run, struct parse_result *result);

#endif
