/* SPDX-License-Identifier: MIT */
/* entry.h: a row of the event log, and the columns that every format has. */
#ifndef KIDOS_EVENTLOG_ENTRY_H
#define KIDOS_EVENTLOG_ENTRY_H

#include "core/community_id.h"
#include "core/flow_key.h"
#include "core/notice.h"
#include "eventlog/text.h"

enum kidos_log_kind {
	KIDOS_LOG_FLOW,
	KIDOS_LOG_ALERT,
	KIDOS_LOG_SUMMARY, /* one source in a summary */
	KIDOS_LOG_TOTAL, /* all of a summary */
};

/* What a row says. */
struct kidos_log_entry {
	enum kidos_log_kind kind;
	bool escaped; /* texts are, as in a notice; else they are raw */
	uint64_t time_ns; /* CLOCK_REALTIME, as all times here */
	char src[KIDOS_TEXT_ADDRESS], dst[KIDOS_TEXT_ADDRESS]; /* "": none */
	unsigned int sport, dport, protocol;
	const char *protocol_name;
	char protocol_number[8];
	const char *action, *interface;
	uint64_t hash; /* 0: no five-tuple */
	uint64_t packets, bytes;
	unsigned int first_size, least_size, most_size; /* 0: not known */
	uint64_t first_ns, last_ns;
	char community_id[KIDOS_COMMUNITY_ID];
	const char *alert, *alert_id, *message; /* "" where there is none */
};

/* A flow's addresses, ports, protocol, hash and Community ID. */
void kidos_log_fill_flow(struct kidos_log_entry *entry, const struct kidos_flow_key *key);

/* An alert that starts, grows or ends: active says which. The entry lives as long as the notice. */
void kidos_log_fill_alert(struct kidos_log_entry *entry, const struct kidos_notice *notice);

/* "TCP" for 6 and so on; writes the number where there is no name. */
const char *kidos_log_protocol(unsigned int protocol, char buffer[8]);

/*
 * The flow's hash in the log, the same on every host and in every run: FNV-1a
 * of 64 bits over source and destination (16 bytes each, IPv4 as ::ffff:a.b.c.d),
 * ports (2 bytes each, the high one first) and protocol.
 */
uint64_t kidos_log_flow_hash(const struct kidos_flow_key *key);

struct kidos_log_column {
	const char *name;
	bool text; /* not a number: formats put it between quotes where they have such */
	bool extra; /* left out of JSON where it is empty */
	void (*put)(struct kidos_log_text *text, const struct kidos_log_entry *entry);
};
extern const struct kidos_log_column kidos_log_columns[]; /* in their order; NULL name at the end */

#endif
