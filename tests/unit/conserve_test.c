/* SPDX-License-Identifier: MIT */
/* Our counts against an interface's own: what is within its driver's rule, and how far off it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if_arp.h>
#include <string.h>
#include "links/conserve.h"

/* Since attaching: ours in hook and wire units, then the driver's. */
static const struct row {
	const char *name;
	const char *driver;
	enum kidos_direction direction;
	struct kidos_sum ours;
	struct kidos_link_counters own;
	struct kidos_distance distance;
} rows[] = {
	{ "veth: a frame each",
	  "veth",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 10, 0 }, { 600, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "veth: without Ethernet headers",
	  "veth",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 10, 0 }, { 460, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "veth: a byte less than that",
	  "veth",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 10, 0 }, { 459, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 1 } },
	{ "veth: a byte more",
	  "veth",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 10, 0 }, { 601, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 1 } },
	{ "veth: skbs or segments",
	  "veth",
	  KIDOS_RX,
	  { 2, 6000, 8, 6324 },
	  { { 2, 0 }, { 6000, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "veth: a packet that we missed",
	  "veth",
	  KIDOS_RX,
	  { 9, 600, 9, 600 },
	  { { 10, 0 }, { 600, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 1, 0 } },
	{ "wireguard: handshakes beside",
	  "wireguard",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 12, 0 }, { 1200, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "wireguard: one that it never had",
	  "wireguard",
	  KIDOS_TX,
	  { 10, 600, 10, 600 },
	  { { 0, 9 }, { 0, 1200 }, { 0, 0 }, 0, 0, 0 },
	  { 1, 0 } },
	{ "bridge: received without Ethernet header",
	  "bridge",
	  KIDOS_RX,
	  { 3, 300, 3, 300 },
	  { { 3, 0 }, { 258, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "bridge: sent with it",
	  "bridge",
	  KIDOS_TX,
	  { 3, 300, 3, 300 },
	  { { 0, 3 }, { 0, 258 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 42 } },
	{ "a tag in metadata that was in the frame",
	  "tun",
	  KIDOS_RX,
	  { 5, 500, 5, 520 },
	  { { 5, 0 }, { 520, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "dropped by qdisc and driver, the rest queued",
	  "veth",
	  KIDOS_TX,
	  { 10, 600, 10, 600 },
	  { { 0, 4 }, { 0, 240 }, { 0, 1 }, 2, 3, 0 },
	  { 0, 0 } },
	{ "more queued than sent is no fault",
	  "veth",
	  KIDOS_TX,
	  { 10, 600, 10, 600 },
	  { { 0, 8 }, { 0, 480 }, { 0, 0 }, 0, 3, 0 },
	  { 0, 0 } },
	{ "one that vanished behind us",
	  "veth",
	  KIDOS_TX,
	  { 10, 600, 10, 600 },
	  { { 0, 8 }, { 0, 480 }, { 0, 1 }, 0, 0, 0 },
	  { 1, 0 } },
	{ "e1000e: segments with FCS",
	  "e1000e",
	  KIDOS_RX,
	  { 1, 3054, 3, 3162 },
	  { { 3, 0 }, { 3174, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "e1000e: without FCS",
	  "e1000e",
	  KIDOS_RX,
	  { 1, 3054, 3, 3162 },
	  { { 3, 0 }, { 3162, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 12 } },
	{ "virtio_net: joined by the host or by GRO",
	  "virtio_net",
	  KIDOS_RX,
	  { 1, 6000, 4, 6162 },
	  { { 2, 0 }, { 6054, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
	{ "a kind we do not know: packets only",
	  "nonesuch",
	  KIDOS_RX,
	  { 10, 600, 10, 600 },
	  { { 10, 0 }, { 7, 0 }, { 0, 0 }, 0, 0, 0 },
	  { 0, 0 } },
};

/* Everything has gone on from some number. */
#define BEFORE 1000000u

static struct kidos_link_counters shifted(const struct kidos_link_counters *counters)
{
	struct kidos_link_counters result = *counters;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		result.packets[d] += BEFORE;
		result.bytes[d] += BEFORE;
		result.dropped[d] += BEFORE;
	}
	result.qdisc_drops += BEFORE;
	return result;
}

static void test_row(void **state)
{
	const struct row *row = *state;
	const struct kidos_link_counters none = {};
	struct kidos_link link = { .type = ARPHRD_ETHER };
	struct kidos_link_counters before = shifted(&none), after = shifted(&row->own);
	struct kidos_base base = {};
	struct kidos_own own[KIDOS_DIRECTIONS];
	struct kidos_distance distance;
	struct kidos_sum ours = row->ours;

	strcpy(link.driver, row->driver);
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		base.ours[d] = (struct kidos_sum){ BEFORE, BEFORE, BEFORE, BEFORE };
	ours.hook_packets += BEFORE;
	ours.hook_bytes += BEFORE;
	ours.wire_packets += BEFORE;
	ours.wire_bytes += BEFORE;
	kidos_own_widen(base.own, &before, true);
	kidos_own_widen(own, &after, true);
	distance = kidos_unaccounted(&kidos_driver_of(&link)->rules[row->direction], &base,
				     row->direction, &ours, &own[row->direction]);
	assert_int_equal(distance.packets, row->distance.packets);
	assert_int_equal(distance.bytes, row->distance.bytes);
}

/* Under load: whatever was between the two readings of the driver is within. */
static void test_load(void **state)
{
	const struct kidos_count_rule rule = { KIDOS_UNIT_HOOK, KIDOS_UNIT_HOOK, 0, 0 };
	struct kidos_link_counters counters = { .packets = { 100 }, .bytes = { 6000 } };
	struct kidos_base base = {};
	struct kidos_own own[KIDOS_DIRECTIONS];
	struct kidos_sum ours = {};

	(void)state;
	kidos_own_widen(own, &counters, true);
	counters.packets[KIDOS_RX] = 120;
	counters.bytes[KIDOS_RX] = 7200;
	kidos_own_widen(own, &counters, false);
	for (uint64_t n = 95; n <= 125; n++) {
		uint64_t off = n < 100 ? 100 - n : n > 120 ? n - 120 : 0;
		struct kidos_distance distance;

		ours.hook_packets = n;
		ours.hook_bytes = 60 * n;
		distance = kidos_unaccounted(&rule, &base, KIDOS_RX, &ours, &own[KIDOS_RX]);
		assert_int_equal(distance.packets, off);
		assert_int_equal(distance.bytes, 60 * off);
	}
}

static void test_restarted(void **state)
{
	const struct kidos_link_counters last = { .packets = { 5, 5 },
						  .qdisc = 1,
						  .qdisc_drops = 3 };
	struct kidos_link_counters now = last;

	(void)state;
	assert_false(kidos_counters_restarted(&last, &now));
	now.packets[KIDOS_TX]++;
	assert_false(kidos_counters_restarted(&last, &now));
	now.qdisc = 2;
	assert_true(kidos_counters_restarted(&last, &now));
	now.qdisc = 1;
	now.qdisc_drops = 2;
	assert_true(kidos_counters_restarted(&last, &now));
	now = last;
	now.packets[KIDOS_RX] = 0;
	assert_true(kidos_counters_restarted(&last, &now));
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[ROWS + 2];

	for (size_t i = 0; i < ROWS; i++)
		tests[i] =
			(struct CMUnitTest){ rows[i].name, test_row, NULL, NULL, (void *)&rows[i] };
	tests[ROWS] =
		(struct CMUnitTest){ "under load: within the span", test_load, NULL, NULL, NULL };
	tests[ROWS + 1] = (struct CMUnitTest){ "counters that start again", test_restarted, NULL,
					       NULL, NULL };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conserve", tests, NULL, NULL) != 0;
}
