/* SPDX-License-Identifier: MIT */
/*
 * The parser on the host: every frame of the table, every frame cut at every
 * length, and every frame seen through a window of every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse_build.h"
#include "parse_check.h"
#include "parse_text.h"
#include "parse_vectors.h"

/* In a block of its own, so that a sanitizer sees a read behind the window. */
static void parse_frame(const struct parse_frame *frame, struct parse_result *result)
{
	void *bytes = malloc(frame->window ? frame->window : 1);
	struct kidos_frame view = parse_view(frame, bytes);

	memcpy(bytes, frame->bytes, frame->window);
	parse_both(&view, result);
	assert_null(parse_broken_rule(&view, result));
	free(bytes);
}

static void frame_of(const struct parse_vector *vector, struct parse_frame *frame)
{
	assert_int_equal(parse_build(vector->frame, frame), 0);
}

static void test_vector(void **state)
{
	const struct parse_vector *vector = *state;
	char line[PARSE_TEXT_MAX];
	struct parse_result result;
	struct parse_frame frame;

	frame_of(vector, &frame);
	parse_frame(&frame, &result);
	parse_text(&result.outer, line);
	assert_string_equal(line, vector->outer);
	assert_int_equal(result.outer.tunnel != KIDOS_TUNNEL_NONE, vector->inner != NULL);
	if (!vector->inner)
		return;
	parse_text(&result.inner, line);
	assert_string_equal(line, vector->inner);
}

/* A frame that lost its end has the same key or an error, never another key. */
static void test_cut(void **state)
{
	struct parse_result whole, cut;
	struct parse_frame frame;

	(void)state;
	for (size_t i = 0; i < parse_vector_count; i++) {
		frame_of(&parse_vectors[i], &frame);
		parse_frame(&frame, &whole);
		while (frame.size) {
			frame.size--;
			frame.length = frame.size;
			frame.window = frame.window < frame.size ? frame.window : frame.size;
			parse_frame(&frame, &cut);
			assert_null(parse_cut_rule(&whole, &cut));
		}
	}
}

/* The same frame of which less can be read: an error that asks for more, or the same key. */
static void test_window(void **state)
{
	struct parse_result whole, part;
	struct parse_frame frame;

	(void)state;
	for (size_t i = 0; i < parse_vector_count; i++) {
		frame_of(&parse_vectors[i], &frame);
		parse_frame(&frame, &whole);
		while (frame.window) {
			frame.window--;
			parse_frame(&frame, &part);
			assert_null(parse_window_rule(&whole, &part));
		}
	}
}

static void test_metadata(void **state)
{
	static const char *const pairs[][2] = {
		{ "meta(id=5) eth ip4 tcp", "eth vlan(id=5) ip4 tcp" },
		{ "meta(id=0) eth ip6 udp", "eth vlan(id=0) ip6 udp" },
		{ "meta(id=7) eth vlan(id=8) ip4 icmp", "eth svlan(id=7) vlan(id=8) ip4 icmp" },
	};
	struct parse_result metadata, in_frame;
	struct parse_frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(parse_build(pairs[i][0], &frame), 0);
		parse_frame(&frame, &metadata);
		assert_int_equal(parse_build(pairs[i][1], &frame), 0);
		parse_frame(&frame, &in_frame);
		assert_memory_equal(&metadata.outer.key, &in_frame.outer.key,
				    sizeof(struct kidos_flow_key));
		assert_int_equal(metadata.outer.inner_vlan, in_frame.outer.inner_vlan);
	}
}

/* A real ::ffff:192.0.2.1 in IPv6 differs from 192.0.2.1. */
static void test_mapped(void **state)
{
	static const __u8 mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	struct parse_result ipv4, ipv6;
	struct parse_frame frame;

	(void)state;
	assert_int_equal(parse_build("eth ip4 udp", &frame), 0);
	parse_frame(&frame, &ipv4);
	assert_memory_equal(&ipv4.outer.key.src, mapped, sizeof(mapped));
	assert_int_equal(parse_build("eth ip6 udp", &frame), 0);
	memcpy(frame.bytes + 22, mapped, sizeof(mapped));
	parse_frame(&frame, &ipv6);
	assert_memory_equal(&ipv6.outer.key.src, mapped, sizeof(mapped));
	assert_int_equal(ipv4.outer.key.meta & KIDOS_META_IPV4, KIDOS_META_IPV4);
	assert_int_equal(ipv6.outer.key.meta & KIDOS_META_IPV4, 0);
}

/* Each reason is met by some frame of the table, so that none is dead. */
static void test_reasons(void **state)
{
	int seen[KIDOS_PARSE_ERRORS] = { 0 }, classes[KIDOS_CLASSES] = { 0 };
	struct parse_result result;
	struct parse_frame frame;

	(void)state;
	for (size_t i = 0; i < parse_vector_count; i++) {
		frame_of(&parse_vectors[i], &frame);
		parse_frame(&frame, &result);
		seen[result.outer.error]++;
		seen[result.inner.error]++;
		classes[result.outer.class]++;
	}
	for (int i = 0; i < KIDOS_PARSE_ERRORS; i++)
		assert_int_not_equal(seen[i], 0);
	for (int i = 0; i < KIDOS_CLASSES; i++)
		assert_int_not_equal(classes[i], 0);
}

#define FIXED 5

int main(void)
{
	static const struct CMUnitTest fixed[FIXED] = {
		{ "parse: every frame cut at every length", test_cut, NULL, NULL, NULL },
		{ "parse: every frame through every window", test_window, NULL, NULL, NULL },
		{ "parse: a tag in metadata and in the frame give one key", test_metadata, NULL,
		  NULL, NULL },
		{ "parse: ipv4 and ipv4-mapped ipv6 are two keys", test_mapped, NULL, NULL, NULL },
		{ "parse: every class and reason occurs", test_reasons, NULL, NULL, NULL },
	};
	struct CMUnitTest *tests = calloc(parse_vector_count + FIXED, sizeof(*tests));
	int failed;

	for (size_t i = 0; i < parse_vector_count; i++) {
		char *name = NULL;

		if (asprintf(&name, "parse: %s", parse_vectors[i].name) < 0)
			return 1;
		tests[i] = (struct CMUnitTest){ name, test_vector, NULL, NULL,
						(void *)&parse_vectors[i] };
	}
	memcpy(tests + parse_vector_count, fixed, sizeof(fixed));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests("parse", tests, parse_vector_count + FIXED, NULL, NULL);
	for (size_t i = 0; i < parse_vector_count; i++)
		free((void *)tests[i].name);
	free(tests);
	return failed != 0;
}
