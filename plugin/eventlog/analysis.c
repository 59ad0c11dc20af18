/* SPDX-License-Identifier: MIT */
#include "eventlog/analysis.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000u
#define QUARTER_NS (900ull * SECOND_NS)
#define MAPS 512u /* scanners whose ports are counted beyond KIDOS_SCAN_PORTS */

/* A ledger's entry: its key, its tally, the rest; and in all no more than 256 MB of them. */
_Static_assert(offsetof(struct kidos_source, tally) == 16, "source");
_Static_assert(offsetof(struct kidos_destination, tally) == 16, "destination");
_Static_assert(offsetof(struct kidos_conversation, tally) == 40, "conversation");
_Static_assert(offsetof(struct kidos_repetition, window) == 36, "repetition");
_Static_assert(offsetof(struct kidos_hour, rows_packets) == 8, "hour");
_Static_assert(KIDOS_EXACT * (sizeof(struct kidos_source) + sizeof(struct kidos_destination) +
			      sizeof(struct kidos_conversation) + sizeof(struct kidos_repetition)) +
			       4 * (1u << 21) * sizeof(uint32_t) <
		       250000000u,
	       "memory");

static int init_ledgers(struct kidos_analysis *analysis)
{
	size_t exact = analysis->options.exact;
	int error = kidos_ledger_init(&analysis->sources, 16, sizeof(struct kidos_source), exact);

	if (!error)
		error = kidos_ledger_init(&analysis->destinations, 16,
					  sizeof(struct kidos_destination), exact);
	if (!error)
		error = kidos_ledger_init(&analysis->conversations, 40,
					  sizeof(struct kidos_conversation), exact);
	if (!error)
		error = kidos_ledger_init(&analysis->repetitions, 36,
					  sizeof(struct kidos_repetition), exact);
	if (!error)
		error = kidos_ledger_init(&analysis->hours, 8, sizeof(struct kidos_hour),
					  KIDOS_HOURS);
	return error;
}

struct kidos_analysis *kidos_analysis_new(const struct kidos_analysis_options *options)
{
	struct kidos_analysis *analysis = calloc(1, sizeof(*analysis));

	if (!analysis)
		return NULL;
	analysis->options = *options;
	analysis->quarter = UINT64_MAX;
	analysis->maps = calloc(MAPS, sizeof(*analysis->maps));
	if (analysis->maps && !init_ledgers(analysis))
		return analysis;
	kidos_analysis_free(analysis);
	return NULL;
}

void kidos_analysis_free(struct kidos_analysis *analysis)
{
	if (!analysis)
		return;
	kidos_ledger_free(&analysis->sources);
	kidos_ledger_free(&analysis->destinations);
	kidos_ledger_free(&analysis->conversations);
	kidos_ledger_free(&analysis->repetitions);
	kidos_ledger_free(&analysis->hours);
	free(analysis->maps);
	free(analysis);
}

static void add_sum(struct kidos_sum *sum, const struct kidos_log_record *record)
{
	sum->rows++;
	sum->packets += record->packets;
	sum->bytes += record->bytes;
}

/* --- actions and interfaces --- */

static bool is_label(const struct kidos_labels *labels, size_t place,
		     const struct kidos_slice *text)
{
	size_t length = text->length < KIDOS_LABEL ? text->length : KIDOS_LABEL - 1;

	return !memcmp(labels->names[place], text->at, length) && !labels->names[place][length];
}

static size_t find_label(struct kidos_labels *labels, const struct kidos_slice *text)
{
	size_t length = text->length < KIDOS_LABEL ? text->length : KIDOS_LABEL - 1;

	for (size_t i = 0; i < labels->count; i++)
		if (is_label(labels, i, text))
			return i;
	if (labels->count == KIDOS_LABELS)
		return KIDOS_LABELS;
	memcpy(labels->names[labels->count], text->at, length);
	return labels->count++;
}

/* Rows of one interface mostly follow each other. */
static void add_label(struct kidos_labels *labels, const struct kidos_slice *text,
		      const struct kidos_log_record *record)
{
	static const struct kidos_slice none = { "none", 4 };

	if (!text->length)
		text = &none;
	if (labels->last >= labels->count || !is_label(labels, labels->last, text))
		labels->last = find_label(labels, text);
	add_sum(&labels->sums[labels->last], record);
}

/* --- hours --- */

/* All zones change their offset at a quarter of an hour. */
static int64_t local_offset(struct kidos_analysis *analysis, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / SECOND_NS);
	struct tm tm;

	if (time_ns / QUARTER_NS != analysis->quarter) {
		analysis->quarter = time_ns / QUARTER_NS;
		analysis->offset = localtime_r(&seconds, &tm) ? tm.tm_gmtoff : 0;
	}
	return analysis->offset;
}

static void add_hour(struct kidos_analysis *analysis, const struct kidos_log_record *record)
{
	int64_t seconds = (int64_t)(record->time_ns / SECOND_NS);
	int64_t local = seconds + local_offset(analysis, record->time_ns), hour;
	struct kidos_hour *entry;
	bool fresh;

	hour = local < 0 ? 0 : local / 3600;
	entry = kidos_ledger_add(&analysis->hours, &hour, record->packets, 1, &fresh);
	entry->bytes += record->bytes;
}

/* --- port scans --- */

static bool has_ports(uint64_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

/* Ports grow older; those of another window go. A row that comes late is as if it came now. */
static void age_ports(struct kidos_source *source, uint32_t tick)
{
	uint32_t passed = tick > source->tick ? tick - source->tick : 0;
	unsigned int kept = 0;

	if (passed)
		source->tick = tick;
	for (unsigned int i = 0; i < source->count; i++) {
		uint64_t age = (uint64_t)source->ages[i] + passed;

		if (age > KIDOS_SCAN_TICKS)
			continue;
		source->ports[kept] = source->ports[i];
		source->ages[kept++] = (uint8_t)age;
	}
	source->count = (uint8_t)kept;
}

/* The port is the newest; of more than there is room for the oldest goes. */
static void put_port(struct kidos_source *source, uint16_t port)
{
	unsigned int at = 0;

	while (at < source->count && source->ports[at] != port)
		at++;
	if (at == source->count && source->count < KIDOS_SCAN_PORTS)
		source->count++;
	else if (at == source->count)
		at = 0;
	memmove(&source->ports[at], &source->ports[at + 1],
		(source->count - 1 - at) * sizeof(*source->ports));
	memmove(&source->ages[at], &source->ages[at + 1], source->count - 1 - at);
	source->ports[source->count - 1] = port;
	source->ages[source->count - 1] = 0;
}

static void mark_port(struct kidos_analysis *analysis, struct kidos_source *source, uint16_t port)
{
	uint8_t *bits = analysis->maps[source->map - 1], bit = (uint8_t)(1u << (port & 7));

	if (!(bits[port / 8] & bit))
		source->most++;
	bits[port / 8] |= bit;
}

static void begin_scan(struct kidos_analysis *analysis, struct kidos_source *source)
{
	source->scans = 1;
	source->most = KIDOS_SCAN_PORTS;
	if (analysis->map_count == MAPS)
		return;
	source->map = (uint16_t)++analysis->map_count;
	source->most = 0;
	for (unsigned int i = 0; i < source->count; i++)
		mark_port(analysis, source, source->ports[i]);
}

static void add_port(struct kidos_analysis *analysis, struct kidos_source *source,
		     const struct kidos_log_record *record)
{
	uint64_t tick = analysis->options.window_ns / KIDOS_SCAN_TICKS;

	age_ports(source, (uint32_t)(record->time_ns / (tick ? tick : 1)));
	put_port(source, (uint16_t)record->dport);
	if (!source->scans && source->count == KIDOS_SCAN_PORTS)
		begin_scan(analysis, source);
	else if (source->map)
		mark_port(analysis, source, (uint16_t)record->dport);
}

/* --- repeated flows --- */

struct stale {
	uint32_t window;
	uint32_t least; /* rows in this window */
	uint64_t lost;
};

static bool is_wanted(const void *entry, void *context)
{
	const struct kidos_repetition *repetition = entry;
	struct stale *stale = context;
	bool now = repetition->window == stale->window;

	if (repetition->most >= KIDOS_REPEATED || (now && repetition->rows > stale->least))
		return true;
	stale->lost += now;
	return false;
}

/* Those of former windows first, then those with fewest rows, until half of the room is free. */
static void drop_repetitions(struct kidos_analysis *analysis, uint32_t window)
{
	struct kidos_ledger *ledger = &analysis->repetitions;
	struct stale stale = { .window = window };

	do
		kidos_ledger_keep(ledger, is_wanted, &stale);
	while (ledger->count > ledger->room / 2 && ++stale.least < KIDOS_REPEATED);
	analysis->repetitions_lost += stale.lost;
}

static void add_repetition(struct kidos_analysis *analysis, const struct kidos_log_record *record)
{
	struct kidos_ledger *ledger = &analysis->repetitions;
	uint32_t window = (uint32_t)(record->time_ns / analysis->options.window_ns);
	struct kidos_repetition key = {
		.src = record->src,
		.dst = record->dst,
		.dport_protocol = (uint32_t)(record->dport << 8 | record->protocol),
	}, *entry;
	bool fresh;

	if (ledger->count == ledger->room && !kidos_ledger_find(ledger, &key))
		drop_repetitions(analysis, window);
	entry = kidos_ledger_put(ledger, &key, &fresh);
	if (!entry) {
		analysis->repetitions_lost++;
		return;
	}
	if (fresh || entry->window != window)
		entry->rows = 0;
	entry->window = window;
	if (++entry->rows > entry->most)
		entry->most = entry->rows;
}

/* --- rows --- */

static void add_flow(struct kidos_analysis *analysis, const struct kidos_log_record *record)
{
	struct kidos_conversation key = { .src = record->src,
					  .dst = record->dst,
					  .sport = (uint16_t)record->sport,
					  .dport = (uint16_t)record->dport,
					  .protocol = (uint32_t)record->protocol };
	struct kidos_conversation back = { .src = record->dst,
					   .dst = record->src,
					   .sport = (uint16_t)record->dport,
					   .dport = (uint16_t)record->sport,
					   .protocol = (uint32_t)record->protocol };
	struct kidos_source *source;
	bool fresh, ignored;

	kidos_ledger_add(&analysis->conversations, &key, record->packets, record->bytes, &fresh);
	kidos_ledger_add(&analysis->destinations, &record->dst, record->packets, record->bytes,
			 &ignored);
	source = kidos_ledger_add(&analysis->sources, &record->src, record->packets, record->bytes,
				  &ignored);
	/* Who answers does not choose the port. */
	if (fresh && has_ports(record->protocol) &&
	    !kidos_ledger_find(&analysis->conversations, &back))
		add_port(analysis, source, record);
	add_repetition(analysis, record);
}

static bool is_outside(const struct kidos_analysis *analysis, uint64_t time_ns)
{
	const struct kidos_analysis_options *options = &analysis->options;

	return time_ns < options->since_ns || (options->until_ns && time_ns > options->until_ns);
}

static void add_times(struct kidos_analysis *analysis, uint64_t time_ns)
{
	if (!analysis->first_ns || time_ns < analysis->first_ns)
		analysis->first_ns = time_ns;
	if (time_ns > analysis->last_ns)
		analysis->last_ns = time_ns;
}

void kidos_analysis_add(struct kidos_analysis *analysis, const struct kidos_log_record *record)
{
	if (is_outside(analysis, record->time_ns)) {
		analysis->outside++;
		return;
	}
	if (record->kind.length && !kidos_log_record_is(record, "flow")) {
		*(kidos_log_record_is(record, "alert") ? &analysis->alerts
						       : &analysis->summaries) += 1;
		return;
	}
	add_sum(&analysis->all, record);
	add_times(analysis, record->time_ns);
	add_sum(&analysis->protocols[record->protocol & 0xff], record);
	add_label(&analysis->actions, &record->action, record);
	add_label(&analysis->interfaces, &record->interface, record);
	kidos_sizes_add(&analysis->sizes, record->packets, record->bytes);
	kidos_sizes_widen(&analysis->sizes, record->least_size, record->most_size);
	add_hour(analysis, record);
	add_flow(analysis, record);
}

/* --- the end --- */

/* The share in between two sources is theirs in proportion, as of sizes. */
void kidos_analysis_finish(struct kidos_analysis *analysis)
{
	const struct kidos_ledger *sources = &analysis->sources;
	uint64_t below, above;
	size_t whole;
	double rank;

	if (sources->count < KIDOS_VOLUME_SOURCES)
		return;
	rank = KIDOS_VOLUME_SHARE * (double)(sources->count - 1);
	whole = (size_t)rank;
	below = kidos_ledger_bytes_at(sources, whole);
	above = whole + 1 < sources->count ? kidos_ledger_bytes_at(sources, whole + 1) : below;
	analysis->volume = below + (uint64_t)((rank - (double)whole) * (double)(above - below));
	for (size_t i = 0; i < sources->count; i++)
		analysis->volume_sources +=
			kidos_ledger_tally(sources, kidos_ledger_at(sources, i))->bytes >
			analysis->volume;
}
