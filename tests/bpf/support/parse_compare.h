/* SPDX-License-Identifier: MIT */
/* parse_compare.h: the same frame through the kernel and the host, in cmocka tests. */
#ifndef PARSE_COMPARE_H
#define PARSE_COMPARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "parse_run.h"

struct parse_tally {
	struct parse_run *run;
	enum parse_hook hook;
	unsigned int compared;
	unsigned int refused;
	__u32 refused_below; /* lengths that the kernel did not take: the longest short one */
	__u32 refused_from; /* ... and the shortest long one */
};

/* Fails the test unless both gave one result; counts what the kernel did not take. */
void parse_compare(struct parse_tally *tally, const struct kidos_frame *frame);
void parse_assert_same(const struct kidos_packet *host, const struct kidos_packet *kernel);
void parse_refused(struct parse_tally *tally, __u32 length);

/* Prints the counts, and fails when more was refused than compared. */
void parse_report(const struct parse_tally *tally, const char *what);

/*
 * Runs tests whose state is a struct parse_run, as TAP; or, when why_not says
 * what is missing, names each as skipped for that. The exit status.
 */
int parse_run_tests(const struct CMUnitTest *tests, size_t count, const char *why_not);

#endif
