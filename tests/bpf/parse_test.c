/* SPDX-License-Identifier: MIT */
/*
 * The parser in the kernel gives what it gives on the host: the table of
 * frames at XDP and tc, whole and cut at every length. Frames that the
 * kernel's test runs refuse are counted from its own answer, and are
 * parse_live_test's; frames read through a window are the host's.
 */
#include <stdio.h>
#include <unistd.h>
#include "parse_compare.h"
#include "parse_vectors.h"

#define INSNS_MAX 40000 /* both parses, of a million that the kernel allows; 7.2 takes 30,568 */

static void test_vectors(struct parse_run *run, enum parse_hook hook)
{
	struct parse_tally tally = { .run = run, .hook = hook };
	struct parse_frame frame;

	for (size_t i = 0; i < parse_vector_count; i++) {
		struct kidos_frame view;
		unsigned int refused = tally.refused;

		assert_int_equal(parse_build(parse_vectors[i].frame, &frame), 0);
		if (frame.window != frame.size)
			continue;
		view = parse_view(&frame, frame.bytes);
		parse_compare(&tally, &view);
		if (tally.refused != refused)
			printf("# %s refused: %s (%u bytes)\n", parse_hook_names[hook],
			       parse_vectors[i].name, frame.size);
	}
	parse_report(&tally, "frames");
}

static void test_cuts(struct parse_run *run, enum parse_hook hook)
{
	struct parse_tally tally = { .run = run, .hook = hook };
	struct parse_frame frame;

	for (size_t i = 0; i < parse_vector_count; i++) {
		assert_int_equal(parse_build(parse_vectors[i].frame, &frame), 0);
		while (frame.size) {
			struct kidos_frame view;

			frame.size--;
			frame.length = frame.window = frame.size;
			view = parse_view(&frame, frame.bytes);
			parse_compare(&tally, &view);
		}
	}
	parse_report(&tally, "cut frames");
}

static void test_xdp_vectors(void **state)
{
	test_vectors(*state, PARSE_XDP);
}

static void test_tc_vectors(void **state)
{
	test_vectors(*state, PARSE_TC);
}

static void test_xdp_cuts(void **state)
{
	test_cuts(*state, PARSE_XDP);
}

static void test_tc_cuts(void **state)
{
	test_cuts(*state, PARSE_TC);
}

static void test_insns(void **state)
{
	static const char *const programs[] = { "parse_xdp", "parse_tc", "bench_parse" };

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		int count = parse_run_insns(programs[i]);

		printf("# %s: %d instructions verified\n", programs[i], count);
		assert_in_range(count, 1, INSNS_MAX);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "parse: xdp gives what the host gives", test_xdp_vectors, NULL, NULL, NULL },
		{ "parse: tc gives what the host gives", test_tc_vectors, NULL, NULL, NULL },
		{ "parse: xdp, cut at every length", test_xdp_cuts, NULL, NULL, NULL },
		{ "parse: tc, cut at every length", test_tc_cuts, NULL, NULL, NULL },
		{ "parse: verifier budget", test_insns, NULL, NULL, NULL },
	};

	return parse_run_tests(tests, sizeof(tests) / sizeof(tests[0]),
			       geteuid() ? "loading programs needs root" : NULL);
}
