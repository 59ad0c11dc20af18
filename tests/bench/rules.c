/* SPDX-License-Identifier: MIT */
/*
 * rules: what the rules of alerts add to a poll's scan of a million flows, of several kinds of
 * traffic; milliseconds of CPU, the median of three scans.
 */
#include "rule_table.h"

#include "core/now.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS 1000000u
#define SCANS 3
#define BAR                                                                                  \
	60.0 /* ms of CPU for a poll of 1M flows, as `bench flows` has it for the scan alone \
	      */

static struct rule_table table;

static void established(uint32_t i)
{
	struct kidos_flow_key key = rule_key(IPPROTO_TCP, 100 + i / 2 % 5000, (uint16_t)(i / 2), 1,
					     (uint16_t)(443 + i / 2 % 7), KIDOS_RX);

	if (i % 2)
		key = rule_key(IPPROTO_TCP, 1, (uint16_t)(443 + i / 2 % 7), 100 + i / 2 % 5000,
			       (uint16_t)(i / 2), KIDOS_TX);
	rule_send(&table, &key, TH_SYN | TH_ACK, 3, 1500);
}

static void answered(uint32_t i)
{
	struct kidos_flow_key key =
		rule_key(IPPROTO_UDP, 1, (uint16_t)(i / 2), 1000 + i / 2, 53, KIDOS_TX);

	if (i % 2)
		key = rule_key(IPPROTO_UDP, 1000 + i / 2, 53, 1, (uint16_t)(i / 2), KIDOS_RX);
	rule_send(&table, &key, 0, 1, 80);
}

static void forged(uint32_t i)
{
	struct kidos_flow_key key = rule_key(IPPROTO_TCP, 1000 + i, (uint16_t)i, 1, 80, KIDOS_RX);

	rule_send(&table, &key, TH_SYN, 1, 60);
}

static void scanner(uint32_t i)
{
	struct kidos_flow_key key =
		rule_key(IPPROTO_TCP, 7, 4000, 1000 + i / 1000, (uint16_t)(1 + i % 1000), KIDOS_RX);

	rule_send(&table, &key, TH_SYN, 1, 60);
}

static const struct {
	const char *name;
	void (*send)(uint32_t i);
} traffic[] = {
	{ "established TCP", established },
	{ "a busy resolver", answered },
	{ "SYNs of a million forged sources", forged },
	{ "one source, a million ports", scanner },
};

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* All flows gain in between, so that no rule is spared. */
static double measure(void (*send)(uint32_t i), bool rules)
{
	double costs[SCANS];

	for (int scan = 0; scan < SCANS; scan++) {
		uint64_t start;

		for (uint32_t i = 0; i < FLOWS; i++)
			send(i);
		table.reader.seen = rules ? table.reader.seen : NULL;
		start = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID);
		rule_poll(&table, 2);
		costs[scan] = (double)(kidos_now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / 1e6;
	}
	qsort(costs, SCANS, sizeof(costs[0]), by_value);
	return costs[SCANS / 2];
}

int main(void)
{
	int over = 0;

	setlinebuf(stdout);
	printf("%-36s %10s %10s %10s\n", "a poll of 1M flows, ms", "scan", "rules", "added");
	for (size_t i = 0; i < sizeof(traffic) / sizeof(traffic[0]); i++) {
		double with, without;

		rule_table_open(&table, 1 << 20);
		with = measure(traffic[i].send, true);
		without = measure(traffic[i].send, false);
		rule_table_close(&table);
		over |= with > BAR;
		printf("%-36s %10.1f %10.1f %10.1f%s\n", traffic[i].name, without, with,
		       with - without, with > BAR ? "  over the bar of 60" : "");
	}
	return over;
}
