/* SPDX-License-Identifier: MIT */
/*
 * collector.c: packets of interfaces, and flows. A poll's scan of the flow
 * table comes before the totals are read, so that these hold all of it.
 */
#include "collector.h"
#include "core/flow_key.h"
#include "core/log.h"
#include "flows/feed.h"
#include "flows/interfaces.h"
#include "flows/memory.h"
#include "flows/reader.h"
#include "flows/saved_names.h"
#include "flows/series.h"
#include "flows/spills.h"
#include "flows/wipe.h"
#include "links/conserve_check.h"
#include "links/netns_watch.h"
#include "state/baseline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAVE_SECONDS 3600 /* at most between a name's use and the file that has it */

struct flows {
	struct kidos_context *context;
	const struct kidos_flow_settings *settings;
	struct kidos_reader reader;
	struct kidos_flow_series series;
	struct kidos_spills spills; /* has a lock of its own */
	struct kidos_feed *feed; /* of the sink KIDOS_SINK_FLOW; NULL: nobody takes flows */
	struct kidos_saved_names saved;
	unsigned int other_zeros; /* of kidos_other_send */
	bool opened; /* reader and series are there */
};

static void gained(void *self, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	struct flows *flows = self;

	kidos_series_add(&flows->series, key, count);
}

/* Does a collector take flows? When nothing is sent or remembered it does not. */
static bool is_fed(const struct flows *flows)
{
	return flows->context->flow_window_ns && !flows->context->config->test;
}

static int open_feed(struct flows *flows)
{
	if (!is_fed(flows))
		return 0;
	flows->feed = kidos_feed_open(flows->context, &flows->spills);
	return flows->feed ? 0 : -errno;
}

/* For those alone who judge flows: there are no series. */
static void gained_nothing(void *context, const struct kidos_flow_key *key,
			   const struct kidos_count *count)
{
	(void)context;
	(void)key;
	(void)count;
}

static void seen(void *context, const struct kidos_flow_seen *flow)
{
	const struct flows *flows = context;

	kidos_sinks_give(&flows->context->sinks[KIDOS_SINK_SEEN], flow);
}

/* What was evicted since the last time that somebody asked. */
static void read_spills(void *self)
{
	struct flows *flows = self;
	const struct kidos_spill *spills;
	size_t count = kidos_spills_take(&flows->spills, KIDOS_SPILLS_FOR_POLL, &spills);
	struct kidos_count rest;

	for (size_t i = 0; i < count; i++)
		if (kidos_reader_spilled(&flows->reader, &spills[i], &rest))
			kidos_series_add(&flows->series, &spills[i].key, &rest);
}

static bool is_judged(const struct kidos_context *context)
{
	return context->sinks[KIDOS_SINK_SEEN].count;
}

static int open_reader(struct flows *flows)
{
	struct kidos_context *context = flows->context;
	bool wanted;
	const struct kidos_privacy privacy = kidos_privacy_of(context->config);
	int error = kidos_series_init(&flows->series, flows->settings, &privacy,
				      context->meta.slots, kidos_key_seed());

	if (error)
		return error;
	wanted = kidos_series_wanted(&flows->series);
	error = kidos_reader_init(&flows->reader, &context->meta,
				  wanted               ? gained
				  : is_judged(context) ? gained_nothing
						       : NULL,
				  flows);
	if (error)
		return error;
	flows->reader.seen = is_judged(context) ? seen : NULL;
	flows->reader.evicted = read_spills;
	if (flows->series.by[0])
		kidos_saved_names_load(&flows->saved, &flows->series.names,
				       context->config->data_path);
	flows->opened = true;
	if (context->maps.fd[KIDOS_MAP_SPILLS] >= 0 && (wanted || is_fed(flows)))
		error = kidos_spills_start(
			&flows->spills, &context->maps,
			(wanted ? 1u << KIDOS_SPILLS_FOR_POLL : 0) |
				(is_fed(flows) ? 1u << KIDOS_SPILLS_FOR_FEED : 0));
	return error ? error : open_feed(flows);
}

static void log_room(const struct kidos_context *context)
{
	kidos_log(LOG_INFO, "room for %" PRIu64 " flows in %" PRIu64 " KiB (limit %" PRIu64 " KiB)",
		  (uint64_t)context->meta.max_flows, (uint64_t)context->meta.memory >> 10,
		  context->memory_limit >> 10);
}

static int start(void *self)
{
	struct flows *flows = self;
	int error = 0;

	if (!flows->opened) {
		log_room(flows->context);
		error = open_reader(flows);
	}

	if (error)
		kidos_log(LOG_ERR, "reading flows: %s", strerror(-error));
	else
		kidos_links_want(flows->context, KIDOS_WANT_FLOWS, true);
	return error;
}

static void stop(void *self)
{
	struct flows *flows = self;

	kidos_links_want(flows->context, KIDOS_WANT_FLOWS, false);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct flows *flows = self;

	status->state = flows->context->wanted & KIDOS_WANT_FLOWS ? KIDOS_COLLECTOR_ON
								  : KIDOS_COLLECTOR_OFF;
}

struct hashed {
	struct flows *flows;
	bool any_idle;
};

static bool read_hashed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			void *context)
{
	struct hashed *hashed = context;

	if (!kidos_reader_hashed(&hashed->flows->reader, key, flow))
		hashed->any_idle = true;
	return true;
}

static bool forget_hashed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *context)
{
	struct flows *flows = context;

	kidos_reader_hashed(&flows->reader, key, flow);
	kidos_reader_forget(&flows->reader, key);
	return true;
}

/* Idle entries of the hash map go here; nothing else ever deletes them. */
static void read_baseline(struct flows *flows)
{
	struct hashed hashed = { .flows = flows };
	int error = 0;

	kidos_baseline_each(&flows->context->maps, read_hashed, &hashed);
	if (hashed.any_idle)
		error = kidos_baseline_remove(&flows->context->maps,
					      flows->reader.now - flows->context->meta.idle,
					      forget_hashed, flows);
	if (error)
		kidos_log(LOG_WARNING, "idle flows are not removed: %s", strerror(-error));
}

static void read_flows(void *self)
{
	struct flows *flows = self;
	struct kidos_context *context = flows->context;

	if (!flows->opened)
		return;
	kidos_series_begin(&flows->series);
	read_spills(flows);
	kidos_reader_begin(&flows->reader);
	kidos_sinks_give(&context->sinks[KIDOS_SINK_SCAN], &flows->reader.now);
	if (context->meta.baseline)
		read_baseline(flows);
	else
		kidos_reader_table(&flows->reader, context->maps.flows, context->maps.sets);
	context->meta.flows_active = flows->reader.active;
}

static void select_series(struct flows *flows, const char *const *instances)
{
	struct kidos_flow_series *series = &flows->series;
	uint64_t now = (uint64_t)time(NULL);
	bool refused = series->refused;

	if (kidos_series_select(series, instances, now))
		kidos_log(LOG_WARNING, "top flows: out of memory");
	if (series->refused && !refused)
		kidos_log(LOG_NOTICE,
			  "MaxFlowSeries %zu is reached: further top flows are in other "
			  "until a name was not seen for a day",
			  series->names.most);
	if (series->by[0] && (series->names.changed || now - flows->saved.time >= SAVE_SECONDS))
		kidos_saved_names_save(&flows->saved, &flows->series.names,
				       flows->context->config->data_path);
}

static void sum_classes(const struct kidos_totals totals[KIDOS_DIRECTIONS],
			struct kidos_count counts[KIDOS_DIRECTIONS])
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];

	kidos_totals_sum(totals, sums);
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		counts[d] = (struct kidos_count){ sums[d].wire_packets, sums[d].wire_bytes };
}

static void settle(struct flows *flows, const struct kidos_poll *poll)
{
	struct kidos_count totals[KIDOS_DIRECTIONS];

	select_series(flows, poll->instances);
	for (unsigned int slot = 1; slot < flows->context->meta.slots; slot++) {
		if (!poll->instances[slot] || !poll->counts[slot].read)
			continue;
		sum_classes(poll->counts[slot].totals, totals);
		kidos_series_totals(&flows->series, slot, totals);
	}
	kidos_series_settle(&flows->series);
}

static void send_series(const struct kidos_output *output, const char *interface, const char *name,
			const struct kidos_count counts[KIDOS_DIRECTIONS])
{
	struct kidos_output flows = *output;
	char instance[128];

	snprintf(instance, sizeof(instance), "%s.flows", interface);
	flows.instance = instance;
	kidos_send_rx_tx(&flows, "io_packets", name, counts[KIDOS_RX].packets,
			 counts[KIDOS_TX].packets);
	kidos_send_rx_tx(&flows, "io_octets", name, counts[KIDOS_RX].bytes, counts[KIDOS_TX].bytes);
}

static void send_all(struct flows *flows, const struct kidos_poll *poll)
{
	struct kidos_flow_series *series = &flows->series;

	for (size_t i = 0; i < series->count; i++) {
		struct kidos_series *item = &series->items[i];
		unsigned int slot = item->key.slot;

		if (!poll->instances[slot] || !poll->counts[slot].read)
			continue;
		send_series(poll->output, poll->instances[slot], item->name, item->sent);
		item->emitted++;
	}
	for (unsigned int slot = 1; slot < flows->context->meta.slots; slot++)
		if (poll->instances[slot] && poll->counts[slot].read)
			send_series(poll->output, poll->instances[slot], "other",
				    series->slots[slot].other);
}

static void poll_flows(void *self, const struct kidos_poll *poll)
{
	struct flows *flows = self;

	if (!flows->opened)
		return;
	settle(flows, poll);
	kidos_interfaces_send(flows->context, poll, flows->reader.active_of);
	kidos_other_send(flows->context, poll, &flows->other_zeros);
	send_all(flows, poll);
	kidos_table_send(flows->context, poll);
}

static void slots_gone(void *self, const bool slots[KIDOS_SLOTS_MAX])
{
	struct flows *flows = self;
	int error;

	for (unsigned int i = 1; flows->opened && i < flows->context->meta.slots; i++)
		if (slots[i])
			kidos_series_drop_slot(&flows->series, i);
	error = kidos_slots_wipe(&flows->context->maps, slots);
	if (error)
		kidos_log(LOG_ERR, "emptying what interfaces left that went: %s", strerror(-error));
}

static void set_flows(struct flows *flows, uint32_t max_flows)
{
	flows->context->meta.max_flows = max_flows;
	flows->context->meta.set_mask = kidos_flow_sets(max_flows) - 1;
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	(void)enabled;
	if (!flows)
		return NULL;
	flows->context = context;
	flows->settings = settings;
	context->meta.inner = flows->settings->inner;
	context->meta.idle =
		(uint32_t)(flows->settings->idle_timeout * 1000000000u / context->meta.unit_ns);
	set_flows(flows, KIDOS_FLOWS_LEAST);
	return flows;
}

static void close_flows(void *self)
{
	struct flows *flows = self;

	kidos_feed_close(flows->feed);
	kidos_spills_stop(&flows->spills);
	if (flows->series.by[0] && flows->series.names.count && !flows->context->config->test)
		kidos_saved_names_save(&flows->saved, &flows->series.names,
				       flows->context->config->data_path);
	kidos_reader_free(&flows->reader);
	kidos_series_free(&flows->series);
	free(flows);
}

/* The programs keep their maps also while they do not count: the smallest ones. */
static uint64_t least(const void *self)
{
	const struct flows *flows = self;

	return kidos_flow_bytes(KIDOS_FLOWS_LEAST) + kidos_flow_extra_bytes(flows->settings) +
	       (is_fed(flows) ? kidos_feed_bytes(KIDOS_FLOWS_LEAST) +
					2 * KIDOS_SPILL_QUEUE * sizeof(struct kidos_spill)
			      : 0);
}

static uint64_t grow(void *self, uint64_t room)
{
	struct flows *flows = self;
	uint64_t table = kidos_flow_bytes(KIDOS_FLOWS_LEAST);
	uint64_t feed = is_fed(flows) ? kidos_feed_bytes(KIDOS_FLOWS_LEAST) : 0;
	uint32_t max_flows = kidos_flows_that_fit(flows->settings, room / (table + feed) * table);

	set_flows(flows, max_flows);
	return (max_flows / KIDOS_FLOWS_LEAST - 1) * (table + feed);
}

const struct kidos_collector kidos_flows_collector = {
	.name = "flows",
	.block = &kidos_flow_block,
	.without = "packets and flows are not counted",
	.counts = true,
	.create = create,
	.close = close_flows,
	.least = least,
	.grow = grow,
	.start = start,
	.stop = stop,
	.status = status,
	.read = read_flows,
	.poll = poll_flows,
	.slots_gone = slots_gone,
};
