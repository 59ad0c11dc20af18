/* SPDX-License-Identifier: MIT */
/*
 * The parser in the kernel gives what it gives on the host: the table of
 * frames at XDP and tc, whole and cut at every length. Frames that the
 * kernel's test runs refuse are counted from its own answer, and go to tc
 * through a veth; frames read through a window are the host's.
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
#include "parse_compare.h"
#include "parse_vectors.h"

#define INSNS_MAX 30000 /* both parses, of a million that the kernel allows */

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

/* As the kernel does on receiving: the outer tag, if it is whole, goes to metadata. */
static int untag(struct parse_frame *frame)
{
	__u16 ethertype = frame->bytes[12] << 8 | frame->bytes[13];

	if (!kidos_is_vlan(ethertype))
		return 0;
	if (frame->size < 20)
		return -1; /* the kernel drops a tag with less than two bytes behind it */
	frame->vlan = 0x1000 | (frame->bytes[14] & 0xf) << 8 | frame->bytes[15];
	memmove(frame->bytes + 12, frame->bytes + 16, frame->size - 16);
	frame->size -= 4;
	return 0;
}

static void compare_live(struct parse_tally *tally, struct parse_frame *frame)
{
	struct parse_result host, kernel;
	struct kidos_frame view;
	struct parse_frame sent = *frame;

	if (untag(frame)) {
		parse_refused(tally, frame->size);
		return;
	}
	assert_int_equal(parse_run_send(tally->run, &sent, &kernel), 0);
	frame->length = frame->window = frame->size;
	view = parse_view(frame, frame->bytes);
	parse_both(&view, &host);
	parse_assert_same(&host.outer, &kernel.outer);
	parse_assert_same(&host.inner, &kernel.inner);
	tally->compared++;
}

/* What test runs at tc refuse, and all whole frames: those with tags come in metadata. */
static void test_live(void **state)
{
	struct parse_tally tally = { .run = *state, .hook = PARSE_TC };
	struct parse_frame frame, cut;

	assert_int_equal(parse_run_live(*state), 0);
	for (size_t i = 0; i < parse_vector_count; i++) {
		assert_int_equal(parse_build(parse_vectors[i].frame, &frame), 0);
		if (frame.protocol || frame.vlan || frame.size < 14)
			continue;
		cut = frame;
		compare_live(&tally, &cut);
		for (__u32 size = 14; size < 54 && size < frame.size; size++) {
			cut = frame;
			cut.size = size;
			compare_live(&tally, &cut);
		}
	}
	parse_report(&tally, "live frames");
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
		{ "parse: tc, live through a veth", test_live, NULL, NULL, NULL },
		{ "parse: verifier budget", test_insns, NULL, NULL, NULL },
	};

	return parse_run_tests(tests, sizeof(tests) / sizeof(tests[0]),
			       geteuid() ? "loading programs needs root" : NULL);
}
