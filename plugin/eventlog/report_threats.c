/* SPDX-License-Identifier: MIT */
/* report_threats.c: what looks like a threat. */
#include "eventlog/report_cells.h"

#include <netinet/in.h>
#include <string.h>

static bool by_ports(const struct kidos_ledger *ledger, const void *a, const void *b)
{
	const struct kidos_source *left = a, *right = b;

	(void)ledger;
	if (left->scans != right->scans || left->most != right->most)
		return left->scans != right->scans ? left->scans : left->most > right->most;
	return memcmp(left, right, sizeof(left->address)) < 0;
}

static size_t report_scanners(struct kidos_report *report, struct kidos_analysis *analysis)
{
	struct kidos_ledger *sources = &analysis->sources;
	size_t count = 0, shown;

	kidos_report_begin(report, "port_scanners", "Threats: port scanners",
			   COLUMNS(TEXT("src_ip"), NUMBER("ports"), NUMBER("packets")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < sources->count; i++)
		count += ((const struct kidos_source *)kidos_ledger_at(sources, i))->scans;
	shown = kidos_ledger_top(
		sources, count < KIDOS_REPORT_THREATS ? count : KIDOS_REPORT_THREATS, by_ports);
	for (size_t i = 0; i < shown; i++) {
		const struct kidos_source *source = kidos_ledger_at(sources, i);

		kidos_report_address(report, &source->address);
		kidos_report_number(report, source->most);
		kidos_report_number(report, source->tally.packets);
	}
	return count;
}

static void report_volumes(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t count = analysis->volume_sources < KIDOS_REPORT_THREATS ? analysis->volume_sources
								       : KIDOS_REPORT_THREATS;

	count = kidos_ledger_top(&analysis->sources, count, kidos_ledger_by_bytes);
	kidos_report_begin(
		report, "high_volume_sources", "Threats: sources with more bytes than 95 % of them",
		COLUMNS(TEXT("src_ip"), NUMBER("packets"), NUMBER("bytes"), NUMBER("threshold")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < count; i++) {
		const struct kidos_source *source = kidos_ledger_at(&analysis->sources, i);

		kidos_report_address(report, &source->address);
		kidos_report_number(report, source->tally.packets);
		kidos_report_number(report, source->tally.bytes);
		kidos_report_number(report, analysis->volume);
	}
}

static bool is_usual(unsigned int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP ||
	       protocol == IPPROTO_ICMPV6;
}

static size_t report_unusual(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	size_t count = 0;

	kidos_report_begin(report, "unusual_protocols", "Threats: unusual protocols",
			   COLUMNS(TEXT("protocol"), SUM));
	for (unsigned int i = 0; i < 256; i++) {
		const struct kidos_sum *sum = &analysis->protocols[i];

		if (!sum->rows || is_usual(i) ||
		    kidos_report_percent(sum->packets, analysis->all.packets) >=
			    KIDOS_UNUSUAL_PERCENT)
			continue;
		kidos_report_protocol(report, i);
		kidos_report_sum(report, sum, &analysis->all);
		count++;
	}
	return count;
}

static bool by_rows(const struct kidos_ledger *ledger, const void *a, const void *b)
{
	const struct kidos_repetition *left = a, *right = b;

	return left->most != right->most ? left->most > right->most
					 : memcmp(left, right, ledger->key) < 0;
}

static bool is_repeated(const void *entry, void *context)
{
	(void)context;
	return ((const struct kidos_repetition *)entry)->most >= KIDOS_REPEATED;
}

static size_t report_repeated(struct kidos_report *report, struct kidos_analysis *analysis)
{
	struct kidos_ledger *ledger = &analysis->repetitions;
	size_t shown;

	kidos_ledger_keep(ledger, is_repeated, NULL);
	shown = kidos_ledger_top(ledger, KIDOS_REPORT_THREATS, by_rows);
	kidos_report_begin(report, "repeated_flows", "Threats: repeated flows",
			   COLUMNS(TEXT("protocol"), TEXT("src_ip"), TEXT("dst_ip"),
				   NUMBER("dst_port"), NUMBER("rows")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < shown; i++) {
		const struct kidos_repetition *repetition = kidos_ledger_at(ledger, i);

		kidos_report_protocol(report, repetition->dport_protocol & 0xff);
		kidos_report_address(report, &repetition->src);
		kidos_report_address(report, &repetition->dst);
		kidos_report_number(report, repetition->dport_protocol >> 8);
		kidos_report_number(report, repetition->most);
	}
	return ledger->count;
}

/* Their numbers, of which the sections list the first KIDOS_REPORT_THREATS. */
void kidos_report_threats(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t scanners, unusual, repeated;

	scanners = report_scanners(report, analysis);
	report_volumes(report, analysis);
	unusual = report_unusual(report, analysis);
	repeated = report_repeated(report, analysis);
	kidos_report_begin(report, "threats", "Threats",
			   COLUMNS(REAL("window"), NUMBER("port_scanners"),
				   NUMBER("high_volume_sources"), NUMBER("unusual_protocols"),
				   NUMBER("repeated_flows"), NUMBER("repeated_flows_unknown")))
		->single = true;
	kidos_report_real(report, (double)analysis->options.window_ns / KIDOS_REPORT_SECOND);
	kidos_report_number(report, scanners);
	kidos_report_number(report, analysis->volume_sources);
	kidos_report_number(report, unusual);
	kidos_report_number(report, repeated);
	kidos_report_number(report, analysis->repetitions_lost);
}
