/* SPDX-License-Identifier: MIT */
/* poll.c: one poll: counts from the maps, values out. */
#include "alerts/collector.h"
#include "core/log.h"
#include "core/names.h"
#include "core/now.h"
#include "drops/collector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a poll works with; an entry for each slot. */
struct poll {
	struct kidos_slot_counts *counts;
	char (*names)[KIDOS_NETNS_NAME + IF_NAMESIZE + 64];
	const char **instances; /* names, or NULL */
};

static uint64_t wire_packets(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].packets + totals->extra[class].packets;
}

static uint64_t wire_bytes(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].bytes + totals->extra[class].bytes;
}

static void emit_classes(const struct kidos_output *output, const struct kidos_slot_counts *counts)
{
	const struct kidos_totals *rx = &counts->totals[KIDOS_RX], *tx = &counts->totals[KIDOS_TX];

	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		kidos_send_rx_tx(output, "if_packets", kidos_class_names[c], wire_packets(rx, c),
				 wire_packets(tx, c));
		kidos_send_rx_tx(output, "if_octets", kidos_class_names[c], wire_bytes(rx, c),
				 wire_bytes(tx, c));
	}
}

static void emit_errors(const struct kidos_output *output, const struct kidos_slot_counts *counts)
{
	for (unsigned int e = KIDOS_PARSE_OK + 1; e < KIDOS_PARSE_ERRORS; e++)
		kidos_send_derive(output, "errors", kidos_error_names[e],
				  counts->totals[KIDOS_RX].errors[e] +
					  counts->totals[KIDOS_TX].errors[e]);
}

/* NaN where nobody knows how the driver counts them. */
static double unaccounted_bytes(const struct kidos_slot *slot, unsigned int direction)
{
	return slot->bytes_compared ? (double)slot->unaccounted_bytes[direction] : NAN;
}

static void emit_interface(const struct kidos_output *output, const struct kidos_slot *slot,
			   const struct kidos_slot_counts *counts, uint64_t flows_active)
{
	emit_classes(output, counts);
	emit_errors(output, counts);
	kidos_send_gauge(output, "count", "flows_active", (double)flows_active);
	kidos_send_gauge(output, "gauge", "unaccounted_rx", (double)slot->unaccounted[KIDOS_RX]);
	kidos_send_gauge(output, "gauge", "unaccounted_tx", (double)slot->unaccounted[KIDOS_TX]);
	kidos_send_gauge(output, "gauge", "unaccounted_bytes_rx",
			 unaccounted_bytes(slot, KIDOS_RX));
	kidos_send_gauge(output, "gauge", "unaccounted_bytes_tx",
			 unaccounted_bytes(slot, KIDOS_TX));
}

/* What the conservation check has not read: interfaces that are not there, and on errors. */
static void read_rest(const struct kidos_engine *engine, const char *const *instances,
		      struct kidos_slot_counts *counts)
{
	for (unsigned int slot = 1; slot < engine->meta.slots; slot++) {
		int error = 0;

		if (instances[slot] && !counts[slot].read)
			error = kidos_slot_read(engine, slot, &counts[slot]);
		if (error)
			kidos_log(LOG_WARNING, "totals of %s: %s", instances[slot],
				  strerror(-error));
	}
}

static void emit_interfaces(const struct kidos_engine *engine, const struct poll *poll,
			    struct kidos_output *output)
{
	for (unsigned int slot = 1; slot < engine->meta.slots; slot++) {
		if (!poll->instances[slot] || !poll->counts[slot].read)
			continue;
		output->instance = poll->instances[slot];
		emit_interface(output, &engine->slots[slot], &poll->counts[slot],
			       engine->reader.active_of[slot]);
	}
}

/* What kidos itself did, lost and cost. */
static void emit_self(struct kidos_engine *engine, struct kidos_output *output)
{
	const struct kidos_meta *meta = &engine->meta;
	uint64_t events[KIDOS_EVENTS] = {};

	output->instance = "self";
	kidos_maps_events(&engine->maps, events);
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		if (i != KIDOS_EVENT_EVICTED)
			kidos_send_derive(output, "total_events", kidos_event_names[i], events[i]);
	kidos_send_gauge(output, "count", "flows_evicted", (double)events[KIDOS_EVENT_EVICTED]);
	kidos_send_gauge(output, "latency", "poll", (double)meta->poll_cost_ns / 1e9);
	kidos_send_gauge(output, "percent", "cpu",
			 100.0 * (double)meta->poll_cpu_ns / (double)meta->interval_ns);
	kidos_send_gauge(output, "percent", "table_fill",
			 100.0 * (double)meta->flows_active / (double)meta->max_flows);
	kidos_send_gauge(output, "gauge", "last_poll", (double)meta->last_poll_ns / 1e9);
	kidos_send_gauge(output, "gauge", "memory", (double)meta->memory);
}

static void emit_alerts(struct kidos_engine *engine, struct kidos_output *output)
{
	struct kidos_alert_totals totals;

	if (!engine->alerts)
		return;
	kidos_alerts_totals(engine, &totals);
	output->instance = "alerts";
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		const char *kind = kidos_alert_rules[i].name;

		kidos_send_derive(output, "total_events", kind, totals.counts.raised[i]);
		kidos_send_gauge(output, "count", kind, totals.counts.active[i]);
	}
	output->instance = "self";
	kidos_send_derive(output, "total_events", "alerts_sent", totals.sent);
	kidos_send_derive(output, "total_events", "alerts_suppressed", totals.counts.suppressed);
	kidos_send_derive(output, "total_events", "alerts_lost", totals.lost);
}

static void store(struct kidos_engine *engine)
{
	for (unsigned int i = 1; i < engine->meta.slots; i++)
		if (engine->slots[i].state == KIDOS_SLOT_ATTACHED)
			kidos_maps_set_slot(&engine->maps, i, &engine->slots[i]);
	kidos_maps_set_meta(&engine->maps, &engine->meta);
}

static bool poll_begin(const struct kidos_engine *engine, struct poll *poll)
{
	*poll = (struct poll){
		.counts = calloc(engine->meta.slots, sizeof(*poll->counts)),
		.names = calloc(engine->meta.slots, sizeof(*poll->names)),
		.instances = calloc(engine->meta.slots, sizeof(*poll->instances)),
	};
	return poll->counts && poll->names && poll->instances;
}

static void poll_end(struct poll *poll)
{
	free(poll->counts);
	free(poll->names);
	free(poll->instances);
}

static void name_slots(const struct kidos_engine *engine, struct poll *poll)
{
	for (unsigned int slot = 1; slot < engine->meta.slots; slot++) {
		if (engine->slots[slot].state == KIDOS_SLOT_UNUSED ||
		    engine->slots[slot].silent >= KIDOS_SLOT_MUTE)
			continue;
		kidos_port_name(&engine->slots[slot], poll->names[slot], sizeof(poll->names[slot]));
		poll->instances[slot] = poll->names[slot];
	}
}

/* Flows first: the totals then hold every packet that an entry has. */
static void read_all(struct kidos_engine *engine, struct poll *poll)
{
	name_slots(engine, poll);
	kidos_flows_read(engine);
	kidos_conserve(engine, poll->counts);
	read_rest(engine, poll->instances, poll->counts);
	kidos_flows_settle(engine, poll->counts, poll->instances);
}

void kidos_engine_poll(struct kidos_engine *engine, kidos_emit emit, void *context)
{
	struct kidos_output output = { .emit = emit, .context = context };
	uint64_t start = kidos_now_ns(CLOCK_MONOTONIC), cpu = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID);
	struct poll poll;

	if (!poll_begin(engine, &poll)) {
		kidos_log(LOG_ERR, "poll: out of memory");
		poll_end(&poll);
		return;
	}
	pthread_mutex_lock(&engine->lock);
	kidos_slots_age(engine);
	read_all(engine, &poll);
	emit_interfaces(engine, &poll, &output);
	kidos_flows_emit(engine, poll.counts, poll.instances, &output);
	engine->meta.last_poll_ns = kidos_now_ns(CLOCK_REALTIME);
	engine->meta.poll_cost_ns = kidos_now_ns(CLOCK_MONOTONIC) - start;
	engine->meta.poll_cpu_ns = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	emit_self(engine, &output);
	kidos_drops_poll(engine, poll.counts, &output);
	emit_alerts(engine, &output);
	store(engine);
	kidos_slots_offer(engine);
	pthread_mutex_unlock(&engine->lock);
	poll_end(&poll);
}
