/* SPDX-License-Identifier: MIT */
#include "rule_table.h"
#include "alerts/settings.h"
#include "core/now.h"
#include "flow_hash.h"
#include "flows/memory.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void take(void *self, const void *event)
{
	struct rule_table *table = self;

	if (table->count < RULE_EVENTS)
		table->events[table->count++] = *(const struct kidos_alert_event *)event;
}

static void seen(void *self, const struct kidos_flow_seen *flow)
{
	kidos_alert_rules_see(((struct rule_table *)self)->rules, flow);
}

static void gained(void *context, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	(void)context;
	(void)key;
	(void)count;
}

static void fill_context(struct rule_table *table, uint32_t max_flows)
{
	struct kidos_context *context = &table->context;

	context->config = &table->config;
	context->meta = (struct kidos_meta){ .set_mask = kidos_flow_sets(max_flows) - 1,
					     .idle = 60000000000 / RULE_UNIT_NS,
					     .slots = 4,
					     .max_flows = max_flows,
					     .unit_ns = RULE_UNIT_NS };
	context->maps = (struct kidos_maps){ .meta = context->meta,
					     .flows = table->sets,
					     .details = table->details,
					     .sets = kidos_flow_sets(max_flows) };
	if (getrandom(&context->maps.seed, sizeof(context->maps.seed), 0) < 0)
		abort();
	context->slots = table->slots;
	for (unsigned int i = 1; i <= 2; i++) {
		table->slots[i] = (struct kidos_slot){ .state = KIDOS_SLOT_ATTACHED,
						       .rung = { KIDOS_RUNG_TCX, KIDOS_RUNG_TCX } };
		snprintf(table->slots[i].name, sizeof(table->slots[i].name), "b%u", i - 1);
	}
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT_EVENT], take, table);
}

void rule_table_open(struct rule_table *table, uint32_t max_flows)
{
	static const struct kidos_block *const blocks[] = { &kidos_alert_block,
							    &kidos_privacy_block, NULL };
	size_t sets = kidos_flow_sets(max_flows);

	memset(table, 0, sizeof(*table));
	table->now = 1000000;
	table->sets = aligned_alloc(64, sets * sizeof(*table->sets));
	table->details = calloc(sets, sizeof(*table->details));
	if (!table->sets || !table->details || kidos_config_init(&table->config, blocks))
		abort();
	memset(table->sets, 0, sets * sizeof(*table->sets));
	memcpy(&table->settings, kidos_config_settings(&table->config, &kidos_alert_block),
	       sizeof(table->settings));
	fill_context(table, max_flows);
	if (kidos_reader_init(&table->reader, &table->context.meta, gained, table))
		abort();
	table->reader.seen = seen;
}

void rule_table_close(struct rule_table *table)
{
	kidos_alert_rules_free(table->rules);
	kidos_reader_free(&table->reader);
	kidos_config_free(&table->config);
	free(table->sets);
	free(table->details);
}

union kidos_address rule_host(uint32_t number)
{
	union kidos_address address = {};

	address.bytes[10] = address.bytes[11] = 0xff;
	address.words[3] = htonl(10u << 24 | number);
	return address;
}

struct kidos_flow_key rule_key(unsigned int protocol, uint32_t src, uint16_t sport, uint32_t dst,
			       uint16_t dport, unsigned int direction)
{
	return (struct kidos_flow_key){ .src = rule_host(src),
					.dst = rule_host(dst),
					.sport = sport,
					.dport = dport,
					.meta = protocol | KIDOS_META_IPV4 |
						1u << KIDOS_META_SLOT_SHIFT |
						direction << KIDOS_META_DIRECTION_SHIFT };
}

static bool add(struct rule_table *table, size_t entry, const struct kidos_flow_key *key,
		uint32_t now)
{
	struct kidos_flow *flow = &table->sets[entry / KIDOS_WAYS].ways[entry % KIDOS_WAYS];

	if (!flow->state) {
		flow->key = *key;
		flow->state = 1 << KIDOS_STATE_OWNER_SHIFT;
		table->details[entry / KIDOS_WAYS].ways[entry % KIDOS_WAYS].first = now;
	}
	return !memcmp(&flow->key, key, sizeof(*key));
}

/* The entry that the programs would take; NULL in the rare case that there is no room. */
static struct kidos_flow *entry_of(struct rule_table *table, const struct kidos_flow_key *key)
{
	const struct kidos_maps *maps = &table->context.maps;
	uint64_t hash = kidos_flow_hash(key, &maps->seed);

	for (unsigned int choice = 0; choice < KIDOS_CHOICES; choice++) {
		uint32_t set = kidos_flow_choice(hash, choice, &maps->seed, maps->meta.set_mask);

		for (unsigned int i = 0; i < KIDOS_WAYS; i++)
			if (add(table, set * KIDOS_WAYS + (hash + i) % KIDOS_WAYS, key, table->now))
				return &table->sets[set].ways[(hash + i) % KIDOS_WAYS];
		table->sets[set].ways[0].state |= KIDOS_STATE_OVERFLOWED;
	}
	return NULL;
}

void rule_send(struct rule_table *table, const struct kidos_flow_key *key, unsigned int flags,
	       uint64_t packets, uint64_t bytes)
{
	struct kidos_flow *flow = entry_of(table, key);

	if (!flow)
		return;
	flow->state += packets << KIDOS_STATE_PACKETS_SHIFT;
	flow->bytes += bytes;
	flow->marks |= flags;
	flow->last = table->now;
}

static void emit(const struct kidos_sample *sample, void *context)
{
	(void)sample;
	(void)context;
}

void rule_poll(struct rule_table *table, double seconds)
{
	static struct kidos_slot_counts counts[4];
	static const char *instances[4];
	struct kidos_output output = { .emit = emit };
	const struct kidos_poll poll = { .instances = instances,
					 .counts = counts,
					 .output = &output };

	if (!table->rules)
		table->rules =
			kidos_alert_rules_new(&table->context, &table->settings, &table->exempts);
	if (!table->rules)
		abort();
	table->count = 0;
	table->now += (uint32_t)(seconds * 1e9 / RULE_UNIT_NS);
	table->context.meta.time_origin_ns =
		(int64_t)(kidos_now_ns(CLOCK_MONOTONIC) - (uint64_t)table->now * RULE_UNIT_NS);
	kidos_reader_begin(&table->reader);
	table->reader.now = table->now;
	kidos_alert_rules_begin(table->rules, table->now);
	kidos_reader_table(&table->reader, table->sets, table->context.maps.sets);
	kidos_alert_rules_poll(table->rules, &poll, true);
}

static unsigned int count_events(const struct rule_table *table, enum kidos_alert_kind kind,
				 bool renews)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < table->count; i++)
		count += table->events[i].kind == kind && !table->events[i].renews == !renews;
	return count;
}

unsigned int rule_starts(const struct rule_table *table, enum kidos_alert_kind kind)
{
	return count_events(table, kind, false);
}

unsigned int rule_renewals(const struct rule_table *table, enum kidos_alert_kind kind)
{
	return count_events(table, kind, true);
}
