/* SPDX-License-Identifier: MIT */
#include "eventlog/report.h"
#include "core/flow_key.h"
#include "core/text.h"
#include "eventlog/entry.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000u

/* --- sections and cells --- */

/* columns ends with a name of NULL. */
static struct kidos_section *begin(struct kidos_report *report, const char *name, const char *title,
				   const struct kidos_report_column *columns)
{
	struct kidos_section *section = &report->sections[report->count++];

	*section = (struct kidos_section){ .name = name, .title = title };
	for (; columns[section->width].name; section->width++)
		section->columns[section->width] = columns[section->width];
	return section;
}

static struct kidos_cell *next(struct kidos_report *report)
{
	static struct kidos_cell nowhere;
	struct kidos_section *section = &report->sections[report->count - 1];
	struct kidos_cell *cells = section->cells;

	if (section->count == section->room) {
		section->room = section->room ? 2 * section->room : 64;
		cells = reallocarray(cells, section->room, sizeof(*cells));
		if (!cells) {
			section->room = section->count;
			report->failed = true;
			return &nowhere;
		}
		section->cells = cells;
	}
	cells[section->count] = (struct kidos_cell){};
	return &cells[section->count++];
}

static void put_text(struct kidos_report *report, const char *raw)
{
	char text[4 * KIDOS_LABEL];
	struct kidos_cell *cell = next(report);

	kidos_text_utf8(raw, text, sizeof(text));
	cell->text = strdup(text);
	report->failed |= !cell->text;
}

static void put_number(struct kidos_report *report, uint64_t number)
{
	next(report)->number = number;
}

static void put_real(struct kidos_report *report, double real)
{
	next(report)->real = real;
}

static void put_none(struct kidos_report *report)
{
	next(report)->none = true;
}

static void put_time(struct kidos_report *report, uint64_t time_ns)
{
	if (time_ns)
		put_number(report, time_ns);
	else
		put_none(report);
}

static void put_address(struct kidos_report *report, const union kidos_address *address)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, !memcmp(address, mapped, sizeof(mapped)), text);
	put_text(report, text);
}

static void put_protocol(struct kidos_report *report, unsigned int protocol)
{
	char number[8];

	put_text(report, kidos_log_protocol(protocol, number));
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void put_sum(struct kidos_report *report, const struct kidos_sum *sum,
		    const struct kidos_sum *all)
{
	put_number(report, sum->rows);
	put_number(report, sum->packets);
	put_number(report, sum->bytes);
	put_real(report, percent(sum->packets, all->packets));
}

#define TEXT(name)                    \
	{                             \
		name, KIDOS_CELL_TEXT \
	}
#define NUMBER(name)                    \
	{                               \
		name, KIDOS_CELL_NUMBER \
	}
#define REAL(name)                    \
	{                             \
		name, KIDOS_CELL_REAL \
	}
#define TIME(name)                    \
	{                             \
		name, KIDOS_CELL_TIME \
	}
#define SUM NUMBER("rows"), NUMBER("packets"), NUMBER("bytes"), REAL("percent")
#define COLUMNS(...) ((const struct kidos_report_column[]){ __VA_ARGS__, {} })

/* --- sections --- */

static void report_summary(struct kidos_report *report, const struct kidos_analysis *analysis,
			   uint64_t bad)
{
	const struct kidos_report_column *columns =
		COLUMNS(NUMBER("rows"), NUMBER("bad_lines"), NUMBER("alerts"), NUMBER("outside"),
			NUMBER("packets"), NUMBER("bytes"), TIME("first"), TIME("last"),
			REAL("seconds"), NUMBER("sources"), NUMBER("destinations"));

	begin(report, "summary", "Summary", columns)->single = true;
	put_number(report, analysis->all.rows);
	put_number(report, bad);
	put_number(report, analysis->alerts);
	put_number(report, analysis->outside);
	put_number(report, analysis->all.packets);
	put_number(report, analysis->all.bytes);
	put_time(report, analysis->first_ns);
	put_time(report, analysis->last_ns);
	put_real(report, (double)(analysis->last_ns - analysis->first_ns) / SECOND_NS);
	put_number(report, analysis->sources.count);
	put_number(report, analysis->destinations.count);
	report->sections[report->count - 1].columns[report->sections[report->count - 1].width++] =
		(struct kidos_report_column)NUMBER("flows");
	put_number(report, analysis->conversations.count);
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

	begin(report, "bounds", "More than are known exactly: how much too low a count may be",
	      COLUMNS(TEXT("of"), NUMBER("more_than"), NUMBER("packets"), NUMBER("bytes")));
	for (size_t i = 0; i < sizeof(ledgers) / sizeof(ledgers[0]); i++) {
		if (!ledgers[i].ledger->taken)
			continue;
		put_text(report, ledgers[i].name);
		put_number(report, ledgers[i].ledger->room);
		put_number(report, ledgers[i].ledger->packets_lost);
		put_number(report, ledgers[i].ledger->taken);
	}
}

static void report_ends(struct kidos_report *report, const char *name, const char *title,
			struct kidos_ledger *ledger, uint64_t all)
{
	size_t count = kidos_ledger_top(ledger, KIDOS_REPORT_TOP, kidos_ledger_by_bytes);

	begin(report, name, title,
	      COLUMNS(TEXT("address"), NUMBER("packets"), NUMBER("bytes"), REAL("percent")));
	for (size_t i = 0; i < count; i++) {
		void *entry = kidos_ledger_at(ledger, i);
		const struct kidos_tally *tally = kidos_ledger_tally(ledger, entry);

		put_address(report, entry);
		put_number(report, tally->packets);
		put_number(report, tally->bytes);
		put_real(report, percent(tally->bytes, all));
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
		put_text(report, named[i].name);
		put_sum(report, named[i].sum, all);
	}
}

static void report_protocols(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	struct named_sum named[256];
	size_t count = 0;
	char number[8];

	begin(report, "protocols", "Protocols", COLUMNS(TEXT("protocol"), SUM));
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

	begin(report, name, title, COLUMNS(TEXT(column), SUM));
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

/* --- hours --- */

static int by_hour(const void *a, const void *b)
{
	int64_t left = ((const struct kidos_hour *)a)->hour;
	int64_t right = ((const struct kidos_hour *)b)->hour;

	return (left > right) - (left < right);
}

static void add_hour(struct kidos_sum *sum, const struct kidos_hour *hour)
{
	sum->rows += hour->rows_packets.bytes;
	sum->packets += hour->rows_packets.packets;
	sum->bytes += hour->bytes;
}

static void report_hours(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	struct kidos_sum sums[24] = {};
	char name[8];

	for (size_t i = 0; i < analysis->hours.count; i++) {
		const struct kidos_hour *hour = kidos_ledger_at(&analysis->hours, i);

		add_hour(&sums[hour->hour % 24], hour);
	}
	begin(report, "hours", "Hours of the day", COLUMNS(TEXT("hour"), SUM));
	for (unsigned int i = 0; i < 24; i++) {
		if (!sums[i].rows)
			continue;
		snprintf(name, sizeof(name), "%02u", i);
		put_text(report, name);
		put_sum(report, &sums[i], &analysis->all);
	}
}

/* "2026-11-29", and " 09:00" behind it. */
static void date_of(int64_t hour, bool with_hour, char text[32])
{
	time_t seconds = hour * 3600;
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, 32, "%Y-%m-%d", &tm);
	if (with_hour)
		strftime(text + length, 32 - length, " %H:00", &tm);
}

/* The hours are in their order. */
static void report_days(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	const struct kidos_ledger *hours = &analysis->hours;
	char name[32];

	begin(report, "days", "Days", COLUMNS(TEXT("day"), SUM));
	for (size_t i = 0; i < hours->count;) {
		const struct kidos_hour *hour = kidos_ledger_at(hours, i);
		int64_t day = hour->hour / 24;
		struct kidos_sum sum = {};

		for (; i < hours->count; i++) {
			hour = kidos_ledger_at(hours, i);
			if (hour->hour / 24 != day)
				break;
			add_hour(&sum, hour);
		}
		date_of(day * 24, false, name);
		put_text(report, name);
		put_sum(report, &sum, &analysis->all);
	}
}

static void report_peak(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	const struct kidos_hour *peak = NULL;
	struct kidos_sum sum = {};
	char name[32];

	begin(report, "peak", "Busiest hour", COLUMNS(TEXT("hour"), SUM))->single = true;
	for (size_t i = 0; i < analysis->hours.count; i++) {
		const struct kidos_hour *hour = kidos_ledger_at(&analysis->hours, i);

		if (!peak || hour->rows_packets.packets > peak->rows_packets.packets)
			peak = hour;
	}
	if (!peak)
		return;
	date_of(peak->hour, true, name);
	add_hour(&sum, peak);
	put_text(report, name);
	put_sum(report, &sum, &analysis->all);
}

/* --- sizes and flows --- */

static void report_sizes(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	static const double shares[] = { 0.5, 0.25, 0.75, 0.95, 0.99 };
	const struct kidos_sizes *sizes = &analysis->sizes;

	begin(report, "sizes", "Packet sizes",
	      COLUMNS(NUMBER("min"), NUMBER("max"), REAL("mean"), REAL("stdev"), REAL("median"),
		      REAL("p25"), REAL("p75"), REAL("p95"), REAL("p99")))
		->single = true;
	if (!sizes->packets)
		return;
	put_number(report, sizes->least);
	put_number(report, sizes->most);
	put_real(report, kidos_sizes_mean(sizes));
	put_real(report, kidos_sizes_deviation(sizes));
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		put_real(report, kidos_sizes_quantile(sizes, shares[i]));
}

static void report_flows(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t count = kidos_ledger_top(&analysis->conversations, KIDOS_REPORT_FLOWS,
					kidos_ledger_by_bytes);

	begin(report, "top_flows", "Flows with most bytes",
	      COLUMNS(TEXT("protocol"), TEXT("src_ip"), NUMBER("src_port"), TEXT("dst_ip"),
		      NUMBER("dst_port"), NUMBER("packets"), NUMBER("bytes"), REAL("percent")));
	for (size_t i = 0; i < count; i++) {
		const struct kidos_conversation *flow =
			kidos_ledger_at(&analysis->conversations, i);

		put_protocol(report, flow->protocol);
		put_address(report, &flow->src);
		put_number(report, flow->sport);
		put_address(report, &flow->dst);
		put_number(report, flow->dport);
		put_number(report, flow->tally.packets);
		put_number(report, flow->tally.bytes);
		put_real(report, percent(flow->tally.bytes, analysis->all.bytes));
	}
}

/* --- threats --- */

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

	begin(report, "port_scanners", "Threats: port scanners",
	      COLUMNS(TEXT("src_ip"), NUMBER("ports"), NUMBER("packets")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < sources->count; i++)
		count += ((const struct kidos_source *)kidos_ledger_at(sources, i))->scans;
	shown = kidos_ledger_top(
		sources, count < KIDOS_REPORT_THREATS ? count : KIDOS_REPORT_THREATS, by_ports);
	for (size_t i = 0; i < shown; i++) {
		const struct kidos_source *source = kidos_ledger_at(sources, i);

		put_address(report, &source->address);
		put_number(report, source->most);
		put_number(report, source->tally.packets);
	}
	return count;
}

static void report_volumes(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t count = analysis->volume_sources < KIDOS_REPORT_THREATS ? analysis->volume_sources
								       : KIDOS_REPORT_THREATS;

	count = kidos_ledger_top(&analysis->sources, count, kidos_ledger_by_bytes);
	begin(report, "high_volume_sources", "Threats: sources with more bytes than 95 % of them",
	      COLUMNS(TEXT("src_ip"), NUMBER("packets"), NUMBER("bytes"), NUMBER("threshold")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < count; i++) {
		const struct kidos_source *source = kidos_ledger_at(&analysis->sources, i);

		put_address(report, &source->address);
		put_number(report, source->tally.packets);
		put_number(report, source->tally.bytes);
		put_number(report, analysis->volume);
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

	begin(report, "unusual_protocols", "Threats: unusual protocols",
	      COLUMNS(TEXT("protocol"), SUM));
	for (unsigned int i = 0; i < 256; i++) {
		const struct kidos_sum *sum = &analysis->protocols[i];

		if (!sum->rows || is_usual(i) ||
		    percent(sum->packets, analysis->all.packets) >= KIDOS_UNUSUAL_PERCENT)
			continue;
		put_protocol(report, i);
		put_sum(report, sum, &analysis->all);
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
	begin(report, "repeated_flows", "Threats: repeated flows",
	      COLUMNS(TEXT("protocol"), TEXT("src_ip"), TEXT("dst_ip"), NUMBER("dst_port"),
		      NUMBER("rows")))
		->shown = KIDOS_REPORT_TOP;
	for (size_t i = 0; i < shown; i++) {
		const struct kidos_repetition *repetition = kidos_ledger_at(ledger, i);

		put_protocol(report, repetition->dport_protocol & 0xff);
		put_address(report, &repetition->src);
		put_address(report, &repetition->dst);
		put_number(report, repetition->dport_protocol >> 8);
		put_number(report, repetition->most);
	}
	return ledger->count;
}

/* Their numbers, of which the sections list the first KIDOS_REPORT_THREATS. */
static void report_threats(struct kidos_report *report, struct kidos_analysis *analysis)
{
	size_t scanners, unusual, repeated;

	scanners = report_scanners(report, analysis);
	report_volumes(report, analysis);
	unusual = report_unusual(report, analysis);
	repeated = report_repeated(report, analysis);
	begin(report, "threats", "Threats",
	      COLUMNS(REAL("window"), NUMBER("port_scanners"), NUMBER("high_volume_sources"),
		      NUMBER("unusual_protocols"), NUMBER("repeated_flows"),
		      NUMBER("repeated_flows_unknown")))
		->single = true;
	put_real(report, (double)analysis->options.window_ns / SECOND_NS);
	put_number(report, scanners);
	put_number(report, analysis->volume_sources);
	put_number(report, unusual);
	put_number(report, repeated);
	put_number(report, analysis->repetitions_lost);
}

void kidos_report_make(struct kidos_report *report, struct kidos_analysis *analysis, uint64_t bad)
{
	*report = (struct kidos_report){};
	kidos_analysis_finish(analysis);
	qsort(analysis->hours.entries, analysis->hours.count, analysis->hours.entry, by_hour);
	report_summary(report, analysis, bad);
	report_bounds(report, analysis);
	report_protocols(report, analysis);
	report_hours(report, analysis);
	report_days(report, analysis);
	report_peak(report, analysis);
	report_labels(report, "actions", "Actions", "action", &analysis->actions, &analysis->all);
	report_labels(report, "interfaces", "Interfaces", "interface", &analysis->interfaces,
		      &analysis->all);
	report_sizes(report, analysis);
	report_ends(report, "top_sources", "Sources with most bytes", &analysis->sources,
		    analysis->all.bytes);
	report_ends(report, "top_destinations", "Destinations with most bytes",
		    &analysis->destinations, analysis->all.bytes);
	report_flows(report, analysis);
	report_threats(report, analysis);
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
