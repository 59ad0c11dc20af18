/* SPDX-License-Identifier: MIT */
#include "drops/collector.h"
#include "alerts/collector.h"
#include "core/log.h"
#include "core/names.h"
#include "core/now.h"
#include "drops/counts.h"
#include "drops/learning.h"
#include "drops/ports.h"
#include "drops/programs.h"
#include "drops/reasons.h"
#include "drops/share.h"
#include "drops/symbols.h"
#include "drops/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the whole life of the engine, through every stop and start. */
struct kidos_engine_drops {
	struct kidos_drop_maps maps;
	struct kidos_drop_state state;
	struct kidos_drops *programs; /* NULL while stopped */
	struct kidos_drop_tally tally;
	struct kidos_drop_ports *ports;
	struct kidos_reasons *_Atomic reasons; /* names come with the first poll */
	struct kidos_symbols *_Atomic symbols;
	bool named;
	char refused[KIDOS_REASON]; /* why no rung would do */
	struct kidos_learned learned;
	bool learned_failed; /* to be saved */
	uint64_t missed_before; /* of programs that are gone */
	uint64_t other[KIDOS_CLASSES]; /* as last read */
};

/*
 * Names are for people: without them places and reasons are numbers. Not at
 * the start, which they would make longer by a tenth of a second.
 */
static void load_names(struct kidos_engine_drops *drops)
{
	drops->named = true;
	drops->reasons = kidos_reasons_load();
	if (!drops->reasons)
		kidos_log(LOG_NOTICE, "drops: reasons are numbers: kernel BTF: %s",
			  strerror(errno));
	drops->symbols = kidos_symbols_load("/proc/kallsyms");
	if (!drops->symbols)
		kidos_log(LOG_NOTICE, "drops: places are addresses: /proc/kallsyms: %s%s",
			  strerror(errno), errno == EPERM ? " (it takes CAP_SYSLOG)" : "");
}

static struct kidos_engine_drops *create(const struct kidos_engine *engine)
{
	struct kidos_engine_drops *drops = calloc(1, sizeof(*drops));

	if (!drops)
		return NULL;
	drops->ports = kidos_drop_ports_new(engine->meta.slots);
	if (!drops->ports || kidos_drop_tally_init(&drops->tally)) {
		kidos_drop_ports_free(drops->ports);
		free(drops);
		return NULL;
	}
	drops->maps = (struct kidos_drop_maps)KIDOS_DROP_MAPS_NONE;
	drops->state.abi = KIDOS_ABI_VERSION;
	drops->state.cpus = engine->maps.cpus;
	drops->state.room = engine->drop_room;
	drops->state.started = kidos_now_ns(CLOCK_BOOTTIME);
	drops->state.learn_until =
		drops->state.started + kidos_learning_start(engine->config, &drops->learned);
	return drops;
}

/* The programs' maps are there: the first time they are pinned, with our own beside them. */
static int publish(struct kidos_engine *engine, struct kidos_engine_drops *drops)
{
	bool first = drops->maps.fd[KIDOS_DROP_MAP_STATE] < 0;
	int error = first ? kidos_drop_maps_create_state(&drops->maps) : 0;

	if (!error)
		error = kidos_drop_maps_set_state(&drops->maps, &drops->state);
	if (!error && first)
		error = kidos_drop_maps_pin(&drops->maps, &engine->state);
	return error;
}

int kidos_drops_start(struct kidos_engine *engine)
{
	struct kidos_engine_drops *drops = engine->drops;
	char *reason;
	int error;

	if (!drops)
		drops = engine->drops = create(engine);
	if (!drops)
		return -ENOMEM;
	if (drops->programs)
		return 0;
	reason = drops->refused;
	drops->programs =
		kidos_drops_load(&drops->maps, &drops->state, engine->config->drop_probe, reason);
	if (!drops->programs) {
		error = -errno;
		kidos_log(LOG_WARNING, "drops are not counted: %s", reason);
		return error;
	}
	drops->state.running = 1;
	error = publish(engine, drops);
	if (error) {
		kidos_log(LOG_ERR, "drops: state in %s: %s", engine->state.path, strerror(-error));
		kidos_drops_stop(engine);
		return error;
	}
	kidos_log(LOG_INFO, "drops are counted at %s%s%s", drops->state.rung, *reason ? ": " : "",
		  reason);
	*reason = '\0';
	return 0;
}

void kidos_drops_stop(struct kidos_engine *engine)
{
	struct kidos_engine_drops *drops = engine->drops;

	if (!drops || !drops->programs)
		return;
	drops->missed_before += kidos_drops_missed(drops->programs);
	kidos_drops_free(drops->programs);
	drops->programs = NULL;
	kidos_drop_ports_pause(drops->ports);
	drops->state.running = 0;
	drops->state.missed = drops->missed_before;
	if (drops->maps.fd[KIDOS_DROP_MAP_STATE] >= 0)
		kidos_drop_maps_set_state(&drops->maps, &drops->state);
}

void kidos_drops_status(const struct kidos_engine *engine, struct kidos_collector_status *status)
{
	const struct kidos_engine_drops *drops = engine->drops;

	if (!drops) {
		snprintf(status->reason, sizeof(status->reason),
			 "the configuration has Drops / Enabled false");
	} else if (*drops->refused) {
		status->state = KIDOS_COLLECTOR_FAILED;
		snprintf(status->reason, sizeof(status->reason), "%s", drops->refused);
	} else {
		status->state = drops->programs ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
		snprintf(status->reason, sizeof(status->reason), "%s", drops->state.rung);
	}
}

void kidos_drops_close(struct kidos_engine *engine)
{
	struct kidos_engine_drops *drops = engine->drops;

	if (!drops)
		return;
	kidos_drops_free(drops->programs);
	kidos_drop_maps_close(&drops->maps);
	kidos_drop_tally_free(&drops->tally);
	kidos_drop_ports_free(drops->ports);
	kidos_reasons_free(drops->reasons);
	kidos_symbols_free(drops->symbols);
	free(drops);
	engine->drops = NULL;
}

static bool is_ignored(const struct kidos_config *config, const char *reason, const char *place)
{
	return kidos_strings_have(&config->ignore_reasons, reason) ||
	       kidos_strings_have(&config->ignore_places, place);
}

bool kidos_drops_unusual(const struct kidos_engine *engine, const struct kidos_drop_record *drop,
			 char *text, size_t size)
{
	const struct kidos_engine_drops *drops = engine->drops;
	char reason[KIDOS_REASON_NAME], place[KIDOS_SYMBOL];

	kidos_reason_name(drops->reasons, drop->reason, reason);
	kidos_symbol_name(drops->symbols, drop->place, NULL, place);
	snprintf(text, size, "%s", reason);
	return drop->time >= drops->state.learn_until &&
	       !kidos_learned_has(&drops->learned, reason) &&
	       !is_ignored(engine->config, reason, place);
}

struct reading {
	struct kidos_engine *engine;
	bool learned; /* the time to learn is over */
};

/* What is seen while kidos learns is ordinary from then on, also after a restart. */
static bool is_benign(const struct reading *reading, uint32_t reason, const char *name)
{
	struct kidos_engine_drops *drops = reading->engine->drops;
	uint64_t first = kidos_drop_maps_first(&drops->maps, reason);

	if (first && first < drops->state.learn_until)
		kidos_learned_add(&drops->learned, name);
	return reading->learned && kidos_learned_has(&drops->learned, name);
}

/* The share of drops is judged at once; the series may have to wait, and are asked again. */
static bool take_count(const struct kidos_drop_key *key, uint64_t count, void *context)
{
	const struct reading *reading = context;
	struct kidos_engine_drops *drops = reading->engine->drops;
	struct kidos_drop_last *last = kidos_drop_tally_last(&drops->tally, key);
	char reason[KIDOS_REASON_NAME], place[KIDOS_SYMBOL];
	struct kidos_drop_kind kind = { .class = key->class };
	bool ignored;

	if (!last || count == last->told)
		return true;
	kind.reason = kidos_reason_name(drops->reasons, key->reason, reason);
	kind.place = kidos_symbol_name(drops->symbols, key->place, NULL, place);
	ignored = is_ignored(reading->engine->config, kind.reason, kind.place);
	/* The packets that a share is of do not have those that no packet came of. */
	if (!ignored && count > last->seen && key->place != KIDOS_PLACE_DRIVER)
		kidos_drop_share_add(reading->engine, key, count - last->seen);
	last->seen = count;
	kind.benign = is_benign(reading, key->reason, kind.reason);
	if (ignored || kidos_drop_tally_add(&drops->tally, &kind, count - last->told))
		last->told = count;
	return true;
}

static void take_other(struct kidos_engine_drops *drops)
{
	uint64_t other[KIDOS_CLASSES];

	if (kidos_drop_counts_other(drops->maps.fd[KIDOS_DROP_MAP_OTHER], other))
		return;
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		struct kidos_drop_kind kind = { .class = c };

		if (kidos_drop_tally_add(&drops->tally, &kind, other[c] - drops->other[c]))
			drops->other[c] = other[c];
	}
}

static void send_part(struct kidos_output *output, const char *instance,
		      const struct kidos_drop_part *part)
{
	output->instance = instance;
	for (size_t i = 0; i < part->count; i++)
		kidos_send_derive(output, "packets", part->series[i].name, part->series[i].packets);
}

static void send_tally(struct kidos_output *output, const struct kidos_drop_tally *tally)
{
	send_part(output, "drops", &tally->reasons);
	send_part(output, "drops.place", &tally->places);
	output->instance = "drops.proto";
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++)
		kidos_send_derive(output, "packets", kidos_class_names[c], tally->classes[c]);
	kidos_send_derive(output, "packets", "benign", tally->benign);
}

/* Not before there are names, by which reasons are ignored and told; the ring keeps the first. */
static void join_alerts(struct kidos_engine *engine, const struct kidos_engine_drops *drops)
{
	int error = kidos_alerts_join(engine, drops->maps.fd[KIDOS_DROP_MAP_ALERTS]);

	if (error)
		kidos_log(LOG_WARNING, "alerts of drops: %s", strerror(-error));
}

void kidos_drops_poll(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
		      struct kidos_output *output)
{
	struct kidos_engine_drops *drops = engine->drops;
	struct reading reading = { .engine = engine };
	int error;

	if (!drops || drops->maps.fd[KIDOS_DROP_MAP_STATE] < 0)
		return;
	if (!drops->named) {
		load_names(drops);
		join_alerts(engine, drops);
	}
	reading.learned = kidos_now_ns(CLOCK_BOOTTIME) >= drops->state.learn_until;
	if (drops->programs)
		kidos_drop_ports_read(drops->ports, engine, &drops->maps, drops->symbols);
	error = kidos_drop_counts_each(drops->maps.fd[KIDOS_DROP_MAP_COUNTS], take_count, &reading);
	if (error)
		kidos_log(LOG_WARNING, "read drops: %s", strerror(-error));
	kidos_learning_save(engine->config, &drops->learned, &drops->learned_failed);
	kidos_drop_share_judge(engine, counts);
	take_other(drops);
	drops->state.missed =
		drops->missed_before + (drops->programs ? kidos_drops_missed(drops->programs) : 0);
	kidos_drop_maps_set_state(&drops->maps, &drops->state);
	send_tally(output, &drops->tally);
	kidos_drop_tally_emitted(&drops->tally);
	output->instance = "self";
	kidos_send_derive(output, "total_events", "drops_missed", drops->state.missed);
	kidos_send_derive(output, "total_events", "ring_lost",
			  kidos_drop_maps_alerts_lost(&drops->maps));
}
