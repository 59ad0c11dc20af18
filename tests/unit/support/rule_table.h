/* SPDX-License-Identifier: MIT */
/*
 * rule_table.h: a flow table of this process, read by the plugin's reader and judged by the rules
 * of alerts. Time is the test's own.
 */
#ifndef KIDOS_TEST_RULE_TABLE_H
#define KIDOS_TEST_RULE_TABLE_H

#include "alerts/rules.h"
#include "core/privacy.h"
#include "flows/reader.h"

#define RULE_UNIT_NS 4000000u
#define RULE_EVENTS 256

struct rule_table {
	struct kidos_config config;
	struct kidos_context context;
	struct kidos_alert_settings settings; /* the defaults, unless a test changes them */
	struct kidos_exempts exempts;
	struct kidos_alert_rules *rules;
	struct kidos_reader reader;
	struct kidos_slot slots[4]; /* 1 is b0, 2 is b1 */
	struct kidos_flow_set *sets;
	struct kidos_detail_set *details;
	uint32_t now; /* kidos time units */
	struct kidos_alert_event events[RULE_EVENTS]; /* of the last poll */
	unsigned int count;
};

/* Room for max_flows, a power of two. Change settings before the first poll. */
void rule_table_open(struct rule_table *table, uint32_t max_flows);
void rule_table_close(struct rule_table *table);

/* An address of 10.0.0.0/8, and a key on b0. */
union kidos_address rule_host(uint32_t number);
struct kidos_flow_key rule_key(unsigned int protocol, uint32_t src, uint16_t sport, uint32_t dst,
			       uint16_t dport, unsigned int direction);

/* A packet of the flow, or more; the entry is made if need be. */
void rule_send(struct rule_table *table, const struct kidos_flow_key *key, unsigned int flags,
	       uint64_t packets, uint64_t bytes);

/* Lets time pass, and scans and judges the table. */
void rule_poll(struct rule_table *table, double seconds);

/* Events of a kind, in the last poll, that may start an alert; and those that renew one. */
unsigned int rule_starts(const struct rule_table *table, enum kidos_alert_kind kind);
unsigned int rule_renewals(const struct rule_table *table, enum kidos_alert_kind kind);

#endif
