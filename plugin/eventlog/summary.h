/* SPDX-License-Identifier: MIT */
/* summary.h: who sent most since the last summary, and what all sent together. */
#ifndef KIDOS_EVENTLOG_SUMMARY_H
#define KIDOS_EVENTLOG_SUMMARY_H

#include "eventlog/entry.h"

#define KIDOS_LOG_TOP 10
#define KIDOS_LOG_SOURCES 16384u /* sources that a summary knows apart; all are in its totals */

/* Protocols that a summary counts apart; the last one is all others. */
enum { KIDOS_LOG_TCP, KIDOS_LOG_UDP, KIDOS_LOG_ICMP, KIDOS_LOG_OTHER, KIDOS_LOG_CLASSES };

struct kidos_log_source {
	union kidos_address address;
	bool ipv4;
	uint64_t first_ns, last_ns;
	struct kidos_count all, classes[KIDOS_LOG_CLASSES];
};

struct kidos_log_summary {
	struct kidos_log_source total;
	uint64_t rows;
	uint64_t unknown; /* rows of sources beyond KIDOS_LOG_SOURCES */
	size_t count;
	uint64_t seed; /* of the index */
	struct kidos_log_source *sources;
	uint32_t *index; /* open-addressed: 1 + place in sources, 0: free */
};

/* 0 or -ENOMEM; free it either way. */
int kidos_log_summary_init(struct kidos_log_summary *summary);
void kidos_log_summary_free(struct kidos_log_summary *summary);

/* Bytes that it takes. */
uint64_t kidos_log_summary_bytes(void);

void kidos_log_summary_add(struct kidos_log_summary *summary, const struct kidos_flow_key *key,
			   const struct kidos_count *gained, uint64_t first_ns, uint64_t last_ns);

/*
 * Puts the top sources ahead, in their order; returns how many there are, up
 * to KIDOS_LOG_TOP. No adds until the clear.
 */
size_t kidos_log_summary_rank(struct kidos_log_summary *summary);
void kidos_log_summary_clear(struct kidos_log_summary *summary);

#define KIDOS_LOG_MESSAGE 256

/* A source, or the total, as a row; message has what has no column. */
void kidos_log_fill_source(struct kidos_log_entry *entry, const struct kidos_log_source *source,
			   size_t rank, char message[KIDOS_LOG_MESSAGE]);
void kidos_log_fill_total(struct kidos_log_entry *entry, const struct kidos_log_summary *summary,
			  char message[KIDOS_LOG_MESSAGE]);

#endif
