/* SPDX-License-Identifier: MIT */
/*
 * collector.c: a poll's scan of the flow table, and the series of flows.
 * The scan comes before the totals are read, so that these hold all of it.
 */
#include "context.h"
#include "core/flow_key.h"
#include "core/log.h"
#include "flows/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SAVE_SECONDS 3600 /* at most between a name's use and the file that tells of it */

static void gained(void *context, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	kidos_series_add(context, key, count);
}

static uint64_t now_seconds(void)
{
	return (uint64_t)time(NULL);
}

static void load_names(struct kidos_engine *engine)
{
	const char *folder = engine->config->data_path;
	int error = kidos_names_load(&engine->series.names, folder, now_seconds());

	engine->names_saved = now_seconds();
	if (error)
		kidos_log(LOG_WARNING, "names of series in %s/" KIDOS_NAMES_FILE ": %s: not read",
			  folder,
			  error == -EPERM ? "not a file that only we may write" : strerror(-error));
}

int kidos_flows_start(struct kidos_engine *engine)
{
	bool wanted;
	int error = kidos_series_init(&engine->series, engine->config, engine->meta.slots,
				      kidos_key_seed());

	if (error)
		return error;
	wanted = kidos_series_wanted(&engine->series);
	error = kidos_reader_init(&engine->reader, &engine->meta, wanted ? gained : NULL,
				  &engine->series);
	if (error)
		return error;
	if (engine->series.by[0])
		load_names(engine);
	if (engine->maps.fd[KIDOS_MAP_SPILLS] < 0 || !wanted)
		return 0;
	return kidos_spills_start(&engine->spills, &engine->maps);
}

/* One line when saving begins to fail, one when it works again. */
static void save_names(struct kidos_engine *engine)
{
	const char *folder = engine->config->data_path;
	int error = kidos_names_save(&engine->series.names, folder);

	engine->names_saved = now_seconds();
	if (error && !engine->names_failed)
		kidos_log(LOG_WARNING,
			  "names of series in %s/" KIDOS_NAMES_FILE ": %s: a restart "
			  "will forget them",
			  folder, strerror(-error));
	if (!error && engine->names_failed)
		kidos_log(LOG_NOTICE, "names of series in %s/" KIDOS_NAMES_FILE ": saved again",
			  folder);
	engine->names_failed = error;
}

void kidos_flows_stop(struct kidos_engine *engine)
{
	kidos_spills_stop(&engine->spills);
	if (engine->series.by[0] && engine->series.names.count)
		save_names(engine);
	kidos_reader_free(&engine->reader);
	kidos_series_free(&engine->series);
}

/* Before the scan: it overwrites what was last read of entries that went to others. */
static void read_spills(struct kidos_engine *engine)
{
	const struct kidos_spill *spills;
	size_t count = kidos_spills_take(&engine->spills, &spills);
	struct kidos_count rest;

	for (size_t i = 0; i < count; i++)
		if (kidos_reader_spilled(&engine->reader, &spills[i], &rest))
			kidos_series_add(&engine->series, &spills[i].key, &rest);
}

struct hashed {
	struct kidos_engine *engine;
	bool any_idle;
};

static bool read_hashed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			void *context)
{
	struct hashed *hashed = context;

	if (!kidos_reader_hashed(&hashed->engine->reader, key, flow))
		hashed->any_idle = true;
	return true;
}

static bool forget_hashed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *context)
{
	struct kidos_engine *engine = context;

	kidos_reader_hashed(&engine->reader, key, flow);
	kidos_reader_forget(&engine->reader, key);
	return true;
}

/* Idle entries of the hash map go here; nothing else ever deletes them. */
static void read_baseline(struct kidos_engine *engine)
{
	struct hashed hashed = { .engine = engine };
	int error = 0;

	kidos_baseline_each(&engine->maps, read_hashed, &hashed);
	if (hashed.any_idle)
		error = kidos_baseline_remove(&engine->maps, engine->reader.now - engine->meta.idle,
					      forget_hashed, engine);
	if (error)
		kidos_log(LOG_WARNING, "idle flows are not removed: %s", strerror(-error));
}

void kidos_flows_read(struct kidos_engine *engine)
{
	kidos_series_begin(&engine->series);
	read_spills(engine);
	kidos_reader_begin(&engine->reader);
	if (engine->meta.baseline)
		read_baseline(engine);
	else
		kidos_reader_table(&engine->reader, engine->maps.flows, engine->maps.sets);
	engine->meta.flows_active = engine->reader.active;
}

static void select_series(struct kidos_engine *engine, const char *const *instances)
{
	struct kidos_flow_series *series = &engine->series;
	uint64_t now = now_seconds();
	bool refused = series->refused;

	if (kidos_series_select(series, instances, now))
		kidos_log(LOG_WARNING, "top flows: out of memory");
	if (series->refused && !refused)
		kidos_log(LOG_NOTICE,
			  "MaxFlowSeries %zu is reached: further top flows are in other "
			  "until a name was not seen for a day",
			  series->names.most);
	if (series->by[0] && (series->names.changed || now - engine->names_saved >= SAVE_SECONDS))
		save_names(engine);
}

static void sum_classes(const struct kidos_totals totals[KIDOS_DIRECTIONS],
			struct kidos_count counts[KIDOS_DIRECTIONS])
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];

	kidos_totals_sum(totals, sums);
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		counts[d] = (struct kidos_count){ sums[d].wire_packets, sums[d].wire_bytes };
}

void kidos_flows_settle(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
			const char *const *instances)
{
	struct kidos_count totals[KIDOS_DIRECTIONS];

	select_series(engine, instances);
	for (unsigned int slot = 1; slot < engine->meta.slots; slot++) {
		if (!instances[slot] || !counts[slot].read)
			continue;
		sum_classes(counts[slot].totals, totals);
		kidos_series_totals(&engine->series, slot, totals);
	}
	kidos_series_settle(&engine->series);
}

static void send_series(const struct kidos_output *output, const char *interface, const char *name,
			const struct kidos_count counts[KIDOS_DIRECTIONS])
{
	struct kidos_output flows = *output;
	char instance[128];

	snprintf(instance, sizeof(instance), "%s.flows", interface);
	flows.instance = instance;
	kidos_send_rx_tx(&flows, "if_packets", name, counts[KIDOS_RX].packets,
			 counts[KIDOS_TX].packets);
	kidos_send_rx_tx(&flows, "if_octets", name, counts[KIDOS_RX].bytes, counts[KIDOS_TX].bytes);
}

void kidos_flows_emit(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
		      const char *const *instances, const struct kidos_output *output)
{
	struct kidos_flow_series *series = &engine->series;

	for (size_t i = 0; i < series->count; i++) {
		struct kidos_series *item = &series->items[i];
		unsigned int slot = item->key.slot;

		if (!instances[slot] || !counts[slot].read)
			continue;
		send_series(output, instances[slot], item->name, item->sent);
		item->emitted++;
	}
	for (unsigned int slot = 1; slot < engine->meta.slots; slot++)
		if (instances[slot] && counts[slot].read)
			send_series(output, instances[slot], "other", series->slots[slot].other);
}
