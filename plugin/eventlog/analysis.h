/* SPDX-License-Identifier: MIT */
/* analysis.h: what a log's rows come to, and which of them look like a threat. */
#ifndef KIDOS_EVENTLOG_ANALYSIS_H
#define KIDOS_EVENTLOG_ANALYSIS_H

#include "eventlog/ledger.h"
#include "eventlog/record.h"
#include "eventlog/sizes.h"

#define KIDOS_EXACT 1000000u /* sources, destinations, flows that are known exactly */

/* Rules for threats. */
#define KIDOS_SCAN_PORTS 10u /* destination ports of a source within a window */
#define KIDOS_SCAN_TICKS 64u /* of a window: how finely a port's time is known */
#define KIDOS_VOLUME_SOURCES 20u /* below which no source is a high-volume one */
#define KIDOS_VOLUME_SHARE 0.95
#define KIDOS_UNUSUAL_PERCENT 1.0
#define KIDOS_REPEATED 100u /* rows within a window */

#define KIDOS_LABELS 256u /* different actions, or interfaces */
#define KIDOS_LABEL 64
#define KIDOS_HOURS 65536u /* hours of a log, 7 years */

struct kidos_source {
	union kidos_address address;
	struct kidos_tally tally;
	uint32_t tick; /* of the last new port */
	uint16_t ports[KIDOS_SCAN_PORTS]; /* the last ones */
	uint8_t ages[KIDOS_SCAN_PORTS]; /* ticks */
	uint8_t count; /* of these */
	uint8_t scans; /* it is a scanner */
	uint16_t most; /* ports in the log; of scanners only */
	uint16_t map; /* 1 + place of its ports' bits, 0: none */
};

struct kidos_destination {
	union kidos_address address;
	struct kidos_tally tally;
};

struct kidos_conversation {
	union kidos_address src, dst;
	uint16_t sport, dport;
	uint32_t protocol;
	struct kidos_tally tally;
};

/* The same source, destination, destination port and protocol, whatever the source port. */
struct kidos_repetition {
	union kidos_address src, dst;
	uint32_t dport_protocol; /* port << 8 | protocol */
	uint32_t window, rows; /* of the last window */
	uint32_t most; /* rows of the fullest one */
};

struct kidos_sum {
	uint64_t rows, packets, bytes;
};

struct kidos_labels {
	size_t count, last;
	char names[KIDOS_LABELS][KIDOS_LABEL]; /* raw */
	struct kidos_sum sums[KIDOS_LABELS + 1]; /* the last: all others */
};

struct kidos_analysis_options {
	uint64_t since_ns, until_ns; /* 0: from the first, to the last */
	uint64_t window_ns; /* of the rules */
	uint64_t exact; /* entries of a ledger */
};

struct kidos_analysis {
	struct kidos_analysis_options options;
	uint64_t alerts, summaries,
		outside; /* rows: alerts, of summaries, out of since and until */
	struct kidos_sum all;
	uint64_t first_ns, last_ns;
	struct kidos_ledger sources, destinations, conversations, repetitions, hours;
	struct kidos_sum protocols[256];
	struct kidos_labels actions, interfaces;
	struct kidos_sizes sizes;
	uint64_t quarter; /* of an hour, for which offset holds */
	int64_t offset; /* seconds east of UTC */
	uint8_t (*maps)[65536 / 8]; /* ports of scanners */
	uint32_t map_count;
	uint64_t volume; /* bytes that 95 % of the sources do not pass; after finish */
	uint64_t volume_sources; /* how many do */
	uint64_t repetitions_lost; /* that had no room in their window */
};

/* NULL without memory. Times are local: TZ. */
struct kidos_analysis *kidos_analysis_new(const struct kidos_analysis_options *options);
void kidos_analysis_free(struct kidos_analysis *analysis);

void kidos_analysis_add(struct kidos_analysis *analysis, const struct kidos_log_record *record);

/* An hour of local time, as a ledger's entry; rows are its bytes. */
struct kidos_hour {
	int64_t hour; /* local, since 1970 */
	struct kidos_tally rows_packets; /* packets: packets, bytes: rows */
	uint64_t bytes;
};

/* After the last row: what takes all of them. */
void kidos_analysis_finish(struct kidos_analysis *analysis);

#endif
