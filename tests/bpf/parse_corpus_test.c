/* SPDX-License-Identifier: MIT */
/*
 * Every frame of the corpus through XDP and tc gives what the host gives.
 *
 * kernels: none
 */
#include <stdlib.h>
#include <unistd.h>
#include "parse_compare.h"
#include "parse_corpus.h"

static int compare_corpus(void *context, const struct parse_capture *capture)
{
	struct kidos_frame frame = {
		.data = capture->bytes,
		.data_end = capture->bytes + capture->captured,
		.length = capture->captured,
	};

	parse_compare(context, &frame);
	return 0;
}

static void test_corpus(struct parse_run *run, enum parse_hook hook)
{
	struct parse_tally tally = { .run = run, .hook = hook };
	int files = parse_corpus_walk(compare_corpus, &tally);

	assert_true(files > 0);
	parse_report(&tally, "corpus");
}

static void test_xdp(void **state)
{
	test_corpus(*state, PARSE_XDP);
}

static void test_tc(void **state)
{
	test_corpus(*state, PARSE_TC);
}

static const char *why_not(void)
{
	if (!getenv("KIDOS_CORPUS"))
		return "KIDOS_CORPUS is not set";
	return geteuid() ? "loading programs needs root" : NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "parse: xdp, corpus", test_xdp, NULL, NULL, NULL },
		{ "parse: tc, corpus", test_tc, NULL, NULL, NULL },
	};

	return parse_run_tests(tests, sizeof(tests) / sizeof(tests[0]), why_not());
}
