/* SPDX-License-Identifier: MIT */
/*
 * What test runs at tc refuse goes through a veth instead, and so do all whole
 * frames of the table, because there their tags come in metadata.
 *
 * kernels: 5.10
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "parse_compare.h"
#include "parse_vectors.h"

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

/* The links and the hook, in a namespace that goes at once. */
static const char probe[] = "unshare -n sh -c 'ip link add kt-parse-tx type veth peer kt-parse-rx "
			    "&& tc qdisc add dev kt-parse-rx clsact' >/dev/null 2>&1";

static const char *why_not(void)
{
	if (geteuid())
		return "loading programs needs root";
	return system(probe) ? "no ip and tc, or no veth with clsact" : NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "parse: tc, live through a veth", test_live, NULL, NULL, NULL },
	};

	return parse_run_tests(tests, sizeof(tests) / sizeof(tests[0]), why_not());
}
