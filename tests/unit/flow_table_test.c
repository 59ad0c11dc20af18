/* SPDX-License-Identifier: MIT */
/*
 * The flow table on the host: every packet is in an entry or retired,
 * whatever the load, whoever is first, and while it is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "core/config.h"
#include "flow_table_host.h"
#include "flows/memory.h"

#define THREADS 4
#define TICKS 400
#define TICK_PACKETS 200 /* of each thread */
#define GSO 3 /* wire packets of one skb, at most */

static void test_one_flow(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	host_open(128);
	host_send(7, 1, 100);
	host_send(7, 2, 300);
	assert_true(host_find(7, &reading, &set, &way));
	assert_int_equal(reading.packets, 3);
	assert_int_equal(reading.bytes, 3 * host_size(7));
	assert_int_equal(reading.last, 300);
	assert_int_equal(reading.marks, 1u << 107 % 8 | 1u << 307 % 8);
	assert_int_equal(host.details[set].ways[way].first, 100);
	host_assert_exact();
	host_close();
}

/* The plan's own sizes; every packet comes by one CPU, all within one unit of time. */
static void test_fits(void **state)
{
	struct kidos_flow_settings settings = { .enabled = true, .max_flows = 1 << 16 };
	uint32_t max_flows = kidos_flows_that_fit(&settings, 1ull << 40);
	uint64_t flows;

	(void)state;
	assert_int_equal(max_flows, 1 << 16);
	host_open(kidos_flow_sets(max_flows));
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < max_flows / 10 * 9; i++)
			host_send(i, 1, 5);
	host_live(&flows);
	assert_int_equal(flows, max_flows / 10 * 9);
	assert_int_equal(host.retired.packets, 0);
	host_assert_exact();
	host_close();
}

/* Who wants no flows pays for the least that there may be. */
static void test_not_enabled(void **state)
{
	struct kidos_flow_settings settings = { .max_flows = 1 << 16, .top_flows = 20 };
	struct kidos_flow_settings no_series = { .enabled = true };

	(void)state;
	assert_int_equal(kidos_flows_that_fit(&settings, 1ull << 40), KIDOS_FLOWS_LEAST);
	assert_int_equal(kidos_flow_extra_bytes(&settings), kidos_flow_extra_bytes(&no_series));
}

/* What goes is the oldest, and never one whose last packet may still be under way. */
static void test_overload(void **state)
{
	uint64_t flows;

	(void)state;
	host_open(128);
	for (uint32_t i = 0; i < 20000; i++)
		host_send(i, 1 + i % GSO, i / 100);
	host_live(&flows);
	assert_int_equal(flows, 128 * KIDOS_WAYS);
	assert_true(host.evicted > 0);
	assert_int_equal(host.spilled.packets, host.retired.packets);
	assert_int_equal(host.unattributed, 0);
	host_assert_exact();
	for (uint32_t i = 20000; i < 40000; i++)
		host_send(i, 1, 210);
	assert_true(host.unattributed > 0);
	host_assert_exact();
	host_close();
}

static void test_idle(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;
	uint64_t flows;

	(void)state;
	host_open(128);
	for (uint32_t i = 0; i < 128 * KIDOS_WAYS; i++)
		host_send(i, 1, 10);
	for (uint32_t i = 5000; i < 5500; i++)
		host_send(i, 1, 10 + HOST_IDLE);
	for (uint32_t i = 5000; i < 5500; i++)
		assert_true(host_find(i, &reading, &set, &way));
	host_live(&flows);
	assert_true(flows <= 128 * KIDOS_WAYS);
	assert_int_equal(host.evicted, 0);
	host_assert_exact();
	host_close();
}

/* Packets are counted in 32 bits beside the sequence. */
static void test_carry(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	host_open(128);
	for (int i = 0; i < 5; i++)
		host_send(9, 0xffffffffu, 20);
	host_send(9, 5, 20);
	assert_true(host_find(9, &reading, &set, &way));
	assert_int_equal(host.details[set].ways[way].packets_carry, 5);
	assert_int_equal(reading.packets, 0);
	host_assert_exact();
	/* It leaves with all of them. */
	for (uint32_t i = 100; i < 5000; i++)
		host_send(i, 1, 30 + i / 500);
	assert_false(host_find(9, &reading, &set, &way));
	assert_true(host.retired.packets >= 5ull << 32);
	host_assert_exact();
	host_close();
}

/* 208 days: a clock that starts again is later, and another CPU's tick ahead is no age. */
static void test_clock(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	host_open(1); /* one set, eight entries */
	for (uint32_t i = 0; i < KIDOS_WAYS; i++)
		host_send(i, 1, 0xfffffff0u + i);
	host_send(100, 1, 2); /* the oldest is flow 0 */
	assert_false(host_find(0, &reading, &set, &way));
	assert_true(host_find(1, &reading, &set, &way));
	assert_int_equal(host.evicted, 1);
	for (uint32_t i = 1; i < KIDOS_WAYS; i++)
		host_send(i, 1, 9);
	host_send(100, 1, 9);
	host_send(200, 1, 8); /* a unit behind: all others are new to it */
	assert_int_equal(host.unattributed, 1);
	host_assert_exact();
	host_close();
}

/* Half a turn of the clock and more: still idle, not new for as long again. */
static void test_long_idle(void **state)
{
	static const uint32_t ages[] = { HOST_IDLE,   0x7fffffffu, 0x80000000u,
					 0x80000001u, 0xc0000000u, -KIDOS_AHEAD };
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		host_open(1);
		for (uint32_t flow = 0; flow < KIDOS_WAYS; flow++)
			host_send(flow, 1, 500);
		host_send(100, 1, 500 + ages[i]);
		assert_true(host_find(100, &reading, &set, &way));
		assert_int_equal(host.unattributed, 0);
		assert_int_equal(host.evicted, 0);
		host_assert_exact();
		host_close();
	}
	/* A CPU that is behind, whatever it did meanwhile: new. */
	host_open(1);
	for (uint32_t flow = 0; flow < KIDOS_WAYS; flow++)
		host_send(flow, 1, 500);
	host_send(100, 1, 500 - KIDOS_AHEAD + 1);
	assert_int_equal(host.unattributed, 1);
	host_assert_exact();
	host_close();
}

/* A packet does not wait for a writer that was interrupted: it is counted, without a flow. */
static void test_writing(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	host_open(1);
	host_send(1, 1, 5);
	assert_true(host_find(1, &reading, &set, &way));
	host.sets[set].ways[way].state |= KIDOS_STATE_WRITING;
	assert_false(kidos_flow_read(&host.sets[set].ways[way], &reading));
	host_send(1, 1, 5);
	assert_int_equal(host.unattributed, 1);
	host.sets[set].ways[way].state &= ~(uint64_t)KIDOS_STATE_WRITING;
	assert_true(host_find(1, &reading, &set, &way));
	assert_int_equal(reading.packets, 1);
	host_assert_exact();
	host_close();
}

/* What has no packet's key was emptied, and is free to the next flow. */
static void test_emptied(void **state)
{
	struct kidos_flow_reading reading;
	uint32_t set, way;

	(void)state;
	host_open(128);
	host_send(1, 1, 5);
	assert_true(host_find(1, &reading, &set, &way));
	host.sets[set].ways[way].key = (struct kidos_flow_key){ .meta = KIDOS_META_IPV4 };
	assert_false(kidos_flow_read(&host.sets[set].ways[way], &reading));
	host_close();
}

/* That a set was left behind by a flow stays known when its first entry changes hands. */
static void test_marks_survive(void **state)
{
	uint64_t before, after;

	(void)state;
	host_open(2);
	for (uint32_t i = 0; i < 200; i++)
		host_send(i, 1, 5);
	before = host.sets[0].ways[0].state;
	assert_true(before & KIDOS_STATE_OVERFLOWED);
	for (uint32_t i = 1000; i < 1400; i++)
		host_send(i, 1, 5 + i);
	after = host.sets[0].ways[0].state;
	assert_true(kidos_state_owner(after) > kidos_state_owner(before));
	assert_true(after & KIDOS_STATE_OVERFLOWED);
	assert_false(after & KIDOS_STATE_WRITING);
	host_assert_exact();
	host_close();
}

/*
 * Threads stand for CPUs. A program ends well within a unit of time, since it
 * is never preempted for that long: here all threads wait for each other
 * before the clock goes on. One of them is a unit ahead, as a CPU may be.
 */
static pthread_barrier_t tick;
static volatile bool sending;

static void *send_thread(void *argument)
{
	uint32_t random = (uint32_t)(uintptr_t)argument * 2654435761u + 1;
	uint32_t ahead = (uint32_t)(uintptr_t)argument & 1;

	for (uint32_t now = 0xffffff00u; now != 0xffffff00u + TICKS; now++) {
		pthread_barrier_wait(&tick);
		for (int i = 0; i < TICK_PACKETS; i++) {
			random = random * 1664525 + 1013904223;
			/* Half of the packets are of few flows, which all threads have. */
			host_send(random >> 31 ? random >> 8 & 63 : random >> 8 & 0x3fff,
				  1 + (random >> 24) % GSO, now + ahead);
		}
	}
	return NULL;
}

static struct kidos_count load(const struct kidos_count *count)
{
	return (struct kidos_count){ __atomic_load_n(&count->packets, __ATOMIC_ACQUIRE),
				     __atomic_load_n(&count->bytes, __ATOMIC_ACQUIRE) };
}

/*
 * At any moment: what was sent before is in an entry or was retired by the
 * end of the scan; entries and what had been retired before it were sent. A
 * packet that finds its entry given away is in the count of the next owner
 * for an instant: one of each thread.
 */
static void scan_once(void)
{
	struct kidos_count sent = load(&host.sent), early = load(&host.retired), live, late, all;
	uint64_t flows;

	/* Those that were counted as sent and have not reached the table yet. */
	sent.packets -= sent.packets < THREADS * GSO ? sent.packets : THREADS * GSO;
	live = host_live(&flows);
	late = load(&host.retired);
	all = load(&host.sent);
	host_check(sent.packets <= live.packets + late.packets);
	host_check(early.packets + live.packets <= all.packets + THREADS * GSO);
	host_check(early.bytes + live.bytes <= all.bytes);
}

static void *read_thread(void *scans)
{
	while (sending) {
		scan_once();
		++*(unsigned int *)scans;
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t senders[THREADS], reader;
	unsigned int scans = 0;

	(void)state;
	host_open(128);
	sending = true;
	assert_int_equal(pthread_barrier_init(&tick, NULL, THREADS), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_thread, &scans), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&senders[i], NULL, send_thread, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(senders[i], NULL);
	sending = false;
	pthread_join(reader, NULL);
	pthread_barrier_destroy(&tick);
	printf("# %u scans, %llu evicted, %llu without a flow, %llu wire packets\n", scans,
	       (unsigned long long)host.evicted, (unsigned long long)host.unattributed,
	       (unsigned long long)host.sent.packets);
	assert_true(scans > 0);
	assert_true(host.evicted > 0);
	host_assert_exact();
	host_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "flow table: one flow, one entry", test_one_flow, NULL, NULL, NULL },
		{ "flow table: 90 % of MaxFlows fits, by one CPU at once", test_fits, NULL, NULL,
		  NULL },
		{ "flow table: the least without Flows / Enabled", test_not_enabled, NULL, NULL,
		  NULL },
		{ "flow table: more flows than fit, nothing is lost", test_overload, NULL, NULL,
		  NULL },
		{ "flow table: an idle entry is free", test_idle, NULL, NULL, NULL },
		{ "flow table: packets carry over 32 bits", test_carry, NULL, NULL, NULL },
		{ "flow table: the clock wraps", test_clock, NULL, NULL, NULL },
		{ "flow table: what is idle stays idle, 99 days and more", test_long_idle, NULL,
		  NULL, NULL },
		{ "flow table: an interrupted writer holds nobody up", test_writing, NULL, NULL,
		  NULL },
		{ "flow table: an emptied entry is no flow", test_emptied, NULL, NULL, NULL },
		{ "flow table: a set's overflow mark survives owners", test_marks_survive, NULL,
		  NULL, NULL },
		{ "flow table: several threads, and read meanwhile", test_threads, NULL, NULL,
		  NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flow table", tests, NULL, NULL) != 0;
}
