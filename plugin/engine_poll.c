/* SPDX-License-Identifier: MIT */
/* engine_poll.c: one poll: counts from the maps, values out. */
#include "core/flow_entry.h"
#include "core/log.h"
#include "core/names.h"
#include "engine_drops.h"
#include "engine_alerts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of both directions; wire units. */
struct counts {
	struct kidos_totals totals[KIDOS_DIRECTIONS];
	uint64_t flows_active;
};

struct output {
	kidos_emit emit;
	void *context;
	const char *instance;
};

static void emit_derive(const struct output *output, const char *type, const char *type_instance,
			uint64_t rx, uint64_t tx, unsigned int count)
{
	struct kidos_sample sample = { .instance = output->instance, .type = type,
				       .type_instance = type_instance,
				       .kind = KIDOS_SAMPLE_DERIVE, .count = count,
				       .derive = { (int64_t)rx, (int64_t)tx } };

	output->emit(&sample, output->context);
}

static void emit_gauge(const struct output *output, const char *type, const char *type_instance,
		       double value)
{
	struct kidos_sample sample = { .instance = output->instance, .type = type,
				       .type_instance = type_instance,
				       .kind = KIDOS_SAMPLE_GAUGE, .count = 1, .gauge = { value } };

	output->emit(&sample, output->context);
}

static uint64_t wire_packets(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].packets + totals->extra[class].packets;
}

static uint64_t wire_bytes(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].bytes + totals->extra[class].bytes;
}

static void emit_classes(const struct output *output, const struct counts *counts)
{
	const struct kidos_totals *rx = &counts->totals[KIDOS_RX], *tx = &counts->totals[KIDOS_TX];

	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		emit_derive(output, "if_packets", kidos_class_names[c], wire_packets(rx, c),
			    wire_packets(tx, c), 2);
		emit_derive(output, "if_octets", kidos_class_names[c], wire_bytes(rx, c),
			    wire_bytes(tx, c), 2);
	}
}

static void emit_errors(const struct output *output, const struct counts *counts)
{
	for (unsigned int e = KIDOS_PARSE_OK + 1; e < KIDOS_PARSE_ERRORS; e++)
		emit_derive(output, "errors", kidos_error_names[e],
			    counts->totals[KIDOS_RX].errors[e] + counts->totals[KIDOS_TX].errors[e],
			    0, 1);
}

/* Talkers together make up the interface's total; none has a series of its own yet. */
static void emit_flows(const struct output *output, const struct counts *counts)
{
	uint64_t packets[KIDOS_DIRECTIONS] = {}, bytes[KIDOS_DIRECTIONS] = {};

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			packets[d] += wire_packets(&counts->totals[d], c);
			bytes[d] += wire_bytes(&counts->totals[d], c);
		}
	emit_derive(output, "if_packets", "other", packets[KIDOS_RX], packets[KIDOS_TX], 2);
	emit_derive(output, "if_octets", "other", bytes[KIDOS_RX], bytes[KIDOS_TX], 2);
}

/* NaN where nobody knows how the driver counts them. */
static double unaccounted_bytes(const struct kidos_slot *slot, unsigned int direction)
{
	return slot->bytes_compared ? (double)slot->unaccounted_bytes[direction] : NAN;
}

static void emit_interface(const struct output *output, const struct kidos_slot *slot,
			   const struct counts *counts)
{
	char flows[KIDOS_NETNS_NAME + IF_NAMESIZE + 80];
	struct output flow_output = *output;

	emit_classes(output, counts);
	emit_errors(output, counts);
	emit_gauge(output, "count", "flows_active", (double)counts->flows_active);
	emit_gauge(output, "gauge", "unaccounted_rx", (double)slot->unaccounted[KIDOS_RX]);
	emit_gauge(output, "gauge", "unaccounted_tx", (double)slot->unaccounted[KIDOS_TX]);
	emit_gauge(output, "gauge", "unaccounted_bytes_rx", unaccounted_bytes(slot, KIDOS_RX));
	emit_gauge(output, "gauge", "unaccounted_bytes_tx", unaccounted_bytes(slot, KIDOS_TX));
	snprintf(flows, sizeof(flows), "%s.flows", output->instance);
	flow_output.instance = flows;
	emit_flows(&flow_output, counts);
}

/* Entries in use per slot, in table or hash map. */
struct tally {
	struct counts *counts;
	unsigned int slots;
	uint32_t now, idle;
	uint64_t active;
	const struct kidos_maps *maps;
};

static void tally_one(struct tally *tally, uint32_t meta, uint32_t last)
{
	uint32_t slot = meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK;
	uint32_t age = tally->now - last;

	if (slot >= tally->slots || (age >= tally->idle && age < 1u << 31))
		return;
	tally->counts[slot].flows_active++;
	tally->active++;
}

/* Idle entries of the hash map go here; nothing else ever deletes them. */
static bool tally_baseline(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			   void *context)
{
	struct tally *tally = context;
	uint64_t active = tally->active;

	tally_one(tally, key->meta, flow->last);
	if (tally->active == active)
		kidos_maps_retire_baseline(tally->maps, key, flow);
	return true;
}

static void tally_table(struct tally *tally)
{
	struct kidos_flow_reading reading;

	for (uint32_t set = 0; set < tally->maps->sets; set++)
		for (unsigned int way = 0; way < KIDOS_WAYS; way++)
			if (kidos_flow_read(&tally->maps->flows[set].ways[way], set,
					    &tally->maps->meta, &reading))
				tally_one(tally, reading.key.meta, reading.last);
}

static uint64_t tally_flows(const struct kidos_engine *engine, struct counts *counts)
{
	struct tally tally = { .counts = counts, .slots = engine->meta.slots,
			       .idle = engine->meta.idle, .maps = &engine->maps };
	struct kidos_clock clock;

	kidos_clock_now(&clock, &engine->meta);
	tally.now = kidos_clock_units(&clock);
	if (engine->meta.baseline)
		kidos_maps_each_baseline(&engine->maps, tally_baseline, &tally);
	else
		tally_table(&tally);
	return tally.active;
}

static void read_totals(const struct kidos_engine *engine, struct counts *counts)
{
	for (unsigned int slot = 0; slot < engine->meta.slots; slot++) {
		if (slot && engine->slots[slot].state == KIDOS_SLOT_UNUSED)
			continue;
		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
			int error = kidos_maps_totals(&engine->maps, slot, d, &counts[slot].totals[d]);

			if (error)
				kidos_log(LOG_WARNING, "read totals: %s", strerror(-error));
		}
	}
}

static void emit_interfaces(const struct kidos_engine *engine, const struct counts *counts,
			    struct output *output)
{
	char name[KIDOS_NETNS_NAME + IF_NAMESIZE + 64];

	for (unsigned int slot = 1; slot < engine->meta.slots; slot++) {
		if (engine->slots[slot].state == KIDOS_SLOT_UNUSED)
			continue;
		kidos_port_name(&engine->slots[slot], name, sizeof(name));
		output->instance = name;
		emit_interface(output, &engine->slots[slot], &counts[slot]);
	}
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What kidos itself did, lost and cost. */
static void emit_self(const struct kidos_engine *engine, struct output *output)
{
	const struct kidos_meta *meta = &engine->meta;
	uint64_t events[KIDOS_EVENTS] = {};

	output->instance = "self";
	kidos_maps_events(&engine->maps, events);
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		if (i != KIDOS_EVENT_EVICTED)
			emit_derive(output, "total_events", kidos_event_names[i], events[i], 0, 1);
	emit_gauge(output, "count", "flows_evicted", (double)events[KIDOS_EVENT_EVICTED]);
	emit_gauge(output, "latency", "poll", (double)meta->poll_cost_ns / 1e9);
	emit_gauge(output, "percent", "cpu",
		   100.0 * (double)meta->poll_cpu_ns / (double)meta->interval_ns);
	emit_gauge(output, "percent", "table_fill",
		   100.0 * (double)meta->flows_active / (double)meta->max_flows);
	emit_gauge(output, "gauge", "last_poll", (double)meta->last_poll_ns / 1e9);
	emit_gauge(output, "gauge", "memory", (double)meta->memory);
}

static void emit_alerts(struct kidos_engine *engine, struct output *output)
{
	struct kidos_alert_totals totals;

	if (!engine->alerts)
		return;
	kidos_alerts_totals(engine, &totals);
	output->instance = "alerts";
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		const char *kind = kidos_alert_rules[i].name;

		emit_derive(output, "total_events", kind, totals.counts.raised[i], 0, 1);
		emit_gauge(output, "count", kind, totals.counts.active[i]);
	}
	output->instance = "self";
	emit_derive(output, "total_events", "alerts_sent", totals.sent, 0, 1);
	emit_derive(output, "total_events", "alerts_suppressed", totals.counts.suppressed, 0, 1);
	emit_derive(output, "total_events", "alerts_lost", totals.lost, 0, 1);
}

static void store(struct kidos_engine *engine)
{
	for (unsigned int i = 1; i < engine->meta.slots; i++)
		if (engine->slots[i].state == KIDOS_SLOT_ATTACHED)
			kidos_maps_set_slot(&engine->maps, i, &engine->slots[i]);
	kidos_maps_set_meta(&engine->maps, &engine->meta);
}

void kidos_engine_poll(struct kidos_engine *engine, kidos_emit emit, void *context)
{
	struct counts *counts = calloc(engine->meta.slots, sizeof(*counts));
	struct output output = { .emit = emit, .context = context };
	uint64_t start = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (!counts) {
		kidos_log(LOG_ERR, "poll: out of memory");
		return;
	}
	pthread_mutex_lock(&engine->lock);
	kidos_conserve(engine);
	engine->meta.flows_active = tally_flows(engine, counts);
	read_totals(engine, counts);
	emit_interfaces(engine, counts, &output);
	engine->meta.last_poll_ns = clock_ns(CLOCK_REALTIME);
	engine->meta.poll_cost_ns = clock_ns(CLOCK_MONOTONIC) - start;
	engine->meta.poll_cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	emit_self(engine, &output);
	kidos_drops_poll(engine, emit, context);
	emit_alerts(engine, &output);
	store(engine);
	pthread_mutex_unlock(&engine->lock);
	free(counts);
}
