/* SPDX-License-Identifier: MIT */
/*
 * The parser in the kernel gives what it gives on the host: the table of
 * frames at XDP and tc, whole and cut at every length, and the corpus when
 * KIDOS_CORPUS names it. Frames that the kernel's test runs refuse are
 * counted from its own answer; frames read through a window are the host's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "parse_corpus.h"
#include "parse_run.h"
#include "parse_text.h"
#include "parse_vectors.h"

#define MTU_MAX 9000 /* more than a frame's fragments hold gives ENOMEM at XDP */
#define INSNS_MAX 30000 /* both parses, of a million that the kernel allows */

struct tally {
	struct parse_run *run;
	enum parse_hook hook;
	unsigned int compared;
	unsigned int refused;
	__u32 refused_below; /* lengths that the kernel did not take: the longest short one */
	__u32 refused_from; /* ... and the shortest long one */
};

static void tally_refused(struct tally *tally, __u32 length)
{
	tally->refused++;
	if (length < 1000 && length > tally->refused_below)
		tally->refused_below = length;
	else if (length >= 1000 && (!tally->refused_from || length < tally->refused_from))
		tally->refused_from = length;
}

static void assert_same(const struct kidos_packet *host, const struct kidos_packet *kernel)
{
	char host_line[PARSE_TEXT_MAX], kernel_line[PARSE_TEXT_MAX];

	parse_text(host, host_line);
	parse_text(kernel, kernel_line);
	assert_string_equal(kernel_line, host_line);
	assert_memory_equal(kernel, host, sizeof(*host));
}

static void compare(struct tally *tally, const struct kidos_frame *frame)
{
	__u32 size = (char *)frame->data_end - (char *)frame->data;
	struct parse_result host, kernel;
	int error = parse_run_frame(tally->run, tally->hook, frame, &kernel);

	if (error == -EINVAL || (error == -ENOMEM && size > MTU_MAX)) {
		tally_refused(tally, size);
		return;
	}
	assert_int_equal(error, 0);
	parse_both(frame, &host);
	assert_same(&host.outer, &kernel.outer);
	assert_same(&host.inner, &kernel.inner);
	tally->compared++;
}

static void report(const struct tally *tally, const char *what)
{
	printf("# %s, %s: %u compared, %u refused by the kernel (up to %u bytes", what,
	       parse_hook_names[tally->hook], tally->compared, tally->refused,
	       tally->refused_below);
	if (tally->refused_from)
		printf(", and from %u", tally->refused_from);
	printf(")\n");
	assert_true(tally->compared > tally->refused);
}

static void test_vectors(struct parse_run *run, enum parse_hook hook)
{
	struct tally tally = { .run = run, .hook = hook };
	struct parse_frame frame;

	for (size_t i = 0; i < parse_vector_count; i++) {
		struct kidos_frame view;
		unsigned int refused = tally.refused;

		assert_int_equal(parse_build(parse_vectors[i].frame, &frame), 0);
		if (frame.window != frame.size)
			continue;
		view = parse_view(&frame, frame.bytes);
		compare(&tally, &view);
		if (tally.refused != refused)
			printf("# %s refused: %s (%u bytes)\n", parse_hook_names[hook],
			       parse_vectors[i].name, frame.size);
	}
	report(&tally, "frames");
}

static void test_cuts(struct parse_run *run, enum parse_hook hook)
{
	struct tally tally = { .run = run, .hook = hook };
	struct parse_frame frame;

	for (size_t i = 0; i < parse_vector_count; i++) {
		assert_int_equal(parse_build(parse_vectors[i].frame, &frame), 0);
		while (frame.size) {
			struct kidos_frame view;

			frame.size--;
			frame.length = frame.window = frame.size;
			view = parse_view(&frame, frame.bytes);
			compare(&tally, &view);
		}
	}
	report(&tally, "cut frames");
}

static int compare_corpus(void *context, const struct parse_capture *capture)
{
	struct kidos_frame frame = {
		.data = capture->bytes,
		.data_end = capture->bytes + capture->captured,
		.length = capture->captured,
	};

	compare(context, &frame);
	return 0;
}

static void test_corpus(struct parse_run *run, enum parse_hook hook)
{
	struct tally tally = { .run = run, .hook = hook };
	int files = parse_corpus_walk(compare_corpus, &tally);

	if (files == -ENOENT) {
		print_message("# KIDOS_CORPUS is not set\n");
		skip();
	}
	assert_true(files > 0);
	report(&tally, "corpus");
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

static void test_xdp_corpus(void **state)
{
	test_corpus(*state, PARSE_XDP);
}

static void test_tc_corpus(void **state)
{
	test_corpus(*state, PARSE_TC);
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

static int setup(void **state)
{
	*state = parse_run_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	parse_run_destroy(*state);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "parse: xdp gives what the host gives", test_xdp_vectors, NULL, NULL, NULL },
		{ "parse: tc gives what the host gives", test_tc_vectors, NULL, NULL, NULL },
		{ "parse: xdp, cut at every length", test_xdp_cuts, NULL, NULL, NULL },
		{ "parse: tc, cut at every length", test_tc_cuts, NULL, NULL, NULL },
		{ "parse: xdp, corpus", test_xdp_corpus, NULL, NULL, NULL },
		{ "parse: tc, corpus", test_tc_corpus, NULL, NULL, NULL },
		{ "parse: verifier budget", test_insns, NULL, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("parse in the kernel", tests, setup, teardown) != 0;
}
