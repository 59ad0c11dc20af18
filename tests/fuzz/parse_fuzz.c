/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a frame. What must hold (tests/unit/support/parse_check.c):
 *  - nothing is read outside the readable bytes, nothing is undefined;
 *  - every packet has a valid class; an error or no IP means no key, and then
 *    the key is zero; the key's protocol gives the class;
 *  - headers end and inner packets begin inside the frame;
 *  - everything is written, and the same twice;
 *  - a cut frame has the same key or none; a smaller window gives the same
 *    packet or an error that asks for more.
 *
 * The last eight bytes of the input say what is not in the bytes: how much is
 * readable, how long the packet is, its link type, its tag in metadata, where
 * it is cut. Frames are in blocks of their own size, for the sanitizer's sake.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse_check.h"

#define SETTINGS 8

struct settings {
	__u16 hidden; /* bytes behind the window */
	__u16 extra; /* bytes of the packet behind the input */
	__u8 link;
	__u8 tag;
	__u16 cut;
};
_Static_assert(sizeof(struct settings) == SETTINGS, "the input's last bytes");

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void hold(const char *rule)
{
	if (!rule)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

static void parse_copy(const struct kidos_frame *frame, __u32 readable, struct parse_result *result)
{
	struct kidos_frame copy = *frame;

	copy.data = malloc(readable ? readable : 1);
	memcpy(copy.data, frame->data, readable);
	copy.data_end = (char *)copy.data + readable;
	parse_both(&copy, result);
	hold(parse_broken_rule(&copy, result));
	free(copy.data);
}

static __u16 link_protocol(__u8 link)
{
	static const __u16 protocols[] = { 0,
					   0,
					   0,
					   KIDOS_ETH_IPV4,
					   KIDOS_ETH_IPV6,
					   KIDOS_ETH_8021Q,
					   KIDOS_ETH_MPLS,
					   KIDOS_ETH_ARP };

	return protocols[link & 7];
}

static void try_window(const struct kidos_frame *frame, __u32 size, const struct settings *settings,
		       const struct parse_result *whole)
{
	__u32 hidden = settings->hidden % (size + 1);
	struct parse_result part;

	parse_copy(frame, size - hidden, &part);
	hold(parse_window_rule(whole, &part));
}

static void try_cut(const struct kidos_frame *frame, __u32 size, const struct settings *settings,
		    const struct parse_result *whole)
{
	__u32 length = settings->cut % (size + 1);
	struct kidos_frame cut = *frame;
	struct parse_result result;

	cut.length = length;
	parse_copy(&cut, length, &result);
	hold(parse_cut_rule(whole, &result));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct settings settings = { 0 };
	struct kidos_frame frame = { .data = (void *)input };
	struct parse_result whole;

	if (size >= SETTINGS) {
		size -= SETTINGS;
		memcpy(&settings, input + size, SETTINGS);
	}
	/* a quarter of the packets go on behind the input, some beyond 65,535 bytes */
	frame.length = size + (settings.tag & 0x60 ? 0 : settings.extra * 2);
	frame.protocol = link_protocol(settings.link);
	frame.vlan = settings.tag & 0x80 ? 0x1000 | (settings.tag & 0x1f) : 0;
	parse_copy(&frame, size, &whole);
	try_window(&frame, size, &settings, &whole);
	try_cut(&frame, size, &settings, &whole);
	return 0;
}
