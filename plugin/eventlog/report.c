/* SPDX-License-Identifier: MIT */
#include "eventlog/report.h"
#include "eventlog/entry.h"
#include "eventlog/report_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report_summary(struct kidos_report *report, const struct kidos_analysis *analysis,
			   uint64_t bad)
{
	const struct kidos_report_column *columns =
		COLUMNS(NUMBER("rows"), NUMBER("bad_lines"), NUMBER("alerts"), NUMBER("outside"),
			NUMBER("packets"), NUMBER("bytes"), TIME("first"), TIME("last"),
			REAL("seconds"), NUMBER("sources"), NUMBER("destinations"));

	kidos_report_begin(report, "summary", "Summary", columns)->single = true;
	kidos_report_number(report, analysis->all.rows);
	kidos_report_number(report, bad);
	kidos_report_number(report, analysis->alerts);
	kidos_report_number(report, analysis->outside);
	kidos_report_number(report, analysis->all.packets);
	kidos_report_number(report, analysis->all.bytes);
	kidos_report_time(report, analysis->first_ns);
	kidos_report_time(report, analysis->last_ns);
	kidos_report_real(report,
			  (double)(analysis->last_ns - analysis->first_ns) / KIDOS_REPORT_SECOND);
	kidos_report_number(report, analysis->sources.count);
	kidos_report_number(report, analysis->destinations.count);
	report->sections[report->count - 1].columns[report->sections[report->count - 1].width++] =
		(struct kidos_report_column)NUMBER("flows");
	kidos_report_number(report, analysis->conversations.count);
}

/* Only of what had more than there was room for. */
static void report_bounds(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	const struct {
		const char *name;
		const struct kidos_ledger *ledger;
	} ledgers[] = {
		{ "sources", &analysis->sources },
		{ "destinations", &analysis->destinations },
		{ "flows", &analysis->conversations },
	};

	kidos_report_begin(
		report, "bounds", "More than are known exactly: how much too low a count may be",
		COLUMNS(TEXT("of"), NUMBER("more_than"), NUMBER("packets"), NUMBER("bytes")));
	for (size_t i = 0; i < sizeof(ledgers) / sizeof(ledgers[0]); i++) {
		if (!ledgers[i].ledger->taken)
			continue;
		kidos_report_text(report, ledgers[i].name);
		kidos_report_number(report, ledgers[i].ledger->room);
		kidos_report_number(report, ledgers[i].ledger->packets_lost);
		kidos_report_number(report, ledgers[i].ledger->taken);
	}
}

static void report_ends(struct kidos_report *report, const char *name, const char *title,
			struct kidos_ledger *ledger, uint64_t all)
{
	size_t count = kidos_ledger_top(ledger, KIDOS_REPORT_TOP, kidos_ledger_by_bytes);

	kidos_report_begin(
		report, name, title,
		COLUMNS(TEXT("address"), NUMBER("packets"), NUMBER("bytes"), REAL("percent")));
	for (size_t i = 0; i < count; i++) {
		void *entry = kidos_ledger_at(ledger, i);
		const struct kidos_tally *tally = kidos_ledger_tally(ledger, entry);

		kidos_report_address(report, entry);
		kidos_report_number(report, tally->packets);
		kidos_report_number(report, tally->bytes);
		kidos_report_real(report, kidos_report_percent(tally->bytes, all));
	}
}

struct named_sum {
	char name[KIDOS_LABEL];
	const struct kidos_sum *sum;
};

static int by_packets(const void *a, const void *b)
{
	const struct named_sum *left = a, *right = b;
	uint64_t x = left->sum->packets, y = right->sum->packets;

	return x != y ? (x < y) - (x > y) : strcmp(left->name, right->name);
}

static void put_named(struct kidos_report *report, struct named_sum *named, size_t count,
		      const struct kidos_sum *all)
{
	qsort(named, count, sizeof(*named), by_packets);
	for (size_t i = 0; i < count; i++) {
		kidos_report_text(report, named[i].name);
		kidos_report_sum(report, named[i].sum, all);
	}
}

static void report_protocols(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	struct named_sum named[256];
	size_t count = 0;
	char number[8];

	kidos_report_begin(report, "protocols", "Protocols", COLUMNS(TEXT("protocol"), SUM));
	for (unsigned int i = 0; i < 256; i++) {
		if (!analysis->protocols[i].rows)
			continue;
		snprintf(named[count].name, KIDOS_LABEL, "%s", kidos_log_protocol(i, number));
		named[count++].sum = &analysis->protocols[i];
	}
	put_named(report, named, count, &analysis->all);
}

static void report_labels(struct kidos_report *report, const char *name, const char *title,
			  const char *column, const struct kidos_labels *labels,
			  const struct kidos_sum *all)
{
	struct named_sum named[KIDOS_LABELS + 1];
	size_t count = 0;

	kidos_report_begin(report, name, title, COLUMNS(TEXT(column), SUM));
	for (; count < labels->count; count++) {
		memcpy(named[count].name, labels->names[count], KIDOS_LABEL);
		named[count].sum = &labels->sums[count];
	}
	if (labels->sums[KIDOS_LABELS].rows) {
		snprintf(named[count].name, KIDOS_LABEL, "(others)");
		named[count++].sum = &labels->sums[KIDOS_LABELS];
	}
	put_named(report, named, count, all);
}

static void report_sizes(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	static const double shares[] = { 0.5, 0.25, 0.75, 0.95, 0.99 };
	const struct kidos_sizes *sizes = &analysis->sizes;

	kidos_report_begin(report, "sizes", "Packet sizes",
			   COLUMNS(NUMBER("min"), NUMBER("max"), REAL("mean"), REAL("stdev"),
				   REAL("median"), REAL("p25"), REAL("p75"), REAL("p95"),
				   REAL("p99")))
		->single = true;
	if (!sizes->packets)
		return;
	kidos_report_number(report, sizes->least);
	kidos_report_number(report, sizes->most);
	kidos_report_real(report, kidos_sizes_mean(sizes));
	kidos_report_real(report, kidos_sizes_deviation(sizes));
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		kidos_report_real(report, kidos_sizes_quantile(sizes, shares[i]));
}

static void report_flows(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t count = kidos_ledger_top(&analysis->conversations, KIDOS_REPORT_FLOWS,
					kidos_ledger_by_bytes);

	kidos_report_begin(report, "top_flows", "Flows with most bytes",
			   COLUMNS(TEXT("protocol"), TEXT("src_ip"), NUMBER("src_port"),
				   TEXT("dst_ip"), NUMBER("dst_port"), NUMBER("packets"),
				   NUMBER("bytes"), REAL("percent")));
	for (size_t i = 0; i < count; i++) {
		const struct kidos_conversation *flow =
			kidos_ledger_at(&analysis->conversations, i);

		kidos_report_protocol(report, flow->protocol);
		kidos_report_address(report, &flow->src);
		kidos_report_number(report, flow->sport);
		kidos_report_address(report, &flow->dst);
		kidos_report_number(report, flow->dport);
		kidos_report_number(report, flow->tally.packets);
		kidos_report_number(report, flow->tally.bytes);
		kidos_report_real(report,
				  kidos_report_percent(flow->tally.bytes, analysis->all.bytes));
	}
}

void kidos_report_make(struct kidos_report *report, struct kidos_analysis *analysis, uint64_t bad)
{
	*report = (struct kidos_report){};
	kidos_analysis_finish(analysis);
	report_summary(report, analysis, bad);
	report_bounds(report, analysis);
	report_protocols(report, analysis);
	kidos_report_times(report, analysis);
	report_labels(report, "actions", "Actions", "action", &analysis->actions, &analysis->all);
	report_labels(report, "interfaces", "Interfaces", "interface", &analysis->interfaces,
		      &analysis->all);
	report_sizes(report, analysis);
	report_ends(report, "top_sources", "Sources with most bytes", &analysis->sources,
		    analysis->all.bytes);
	report_ends(report, "top_destinations", "Destinations with most bytes",
		    &analysis->destinations, analysis->all.bytes);
	report_flows(report, analysis);
	kidos_report_threats(report, analysis);
}

void kidos_report_free(struct kidos_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		struct kidos_section *section = &report->sections[i];

		for (size_t k = 0; k < section->count; k++)
			free(section->cells[k].text);
		free(section->cells);
	}
	*report = (struct kidos_report){};
}
