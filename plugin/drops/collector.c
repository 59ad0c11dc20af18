/* SPDX-License-Identifier: MIT */
#include "collector.h"
#include "core/log.h"
#include "core/now.h"
#include "drops/drops.h"
#include "state/learning.h"
#include "drops/memory.h"
#include "drops/ordinary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the first start needs beside the programs. */
static int open_drops(struct drops *drops)
{
	if (drops->ports)
		return 0;
	drops->maps.policy_mark = drops->context->maps.fd[KIDOS_MAP_POLICY_MARK];
	drops->shares = kidos_drop_shares_new(drops->context, drops->settings->drop_share);
	drops->ports = kidos_drop_ports_new(drops->context->meta.slots);
	if (!drops->ports || !drops->shares || kidos_drop_tally_init(&drops->tally))
		return -ENOMEM;
	drops->state.started = kidos_now_ns(CLOCK_BOOTTIME);
	drops->state.learn_until =
		drops->state.started +
		kidos_learning_start(&kidos_drop_ordinary, drops->context->config->data_path,
				     drops->settings->learn_time, &drops->learned);
	return 0;
}

/* The programs' maps are there: the first time they are pinned, with our own beside them. */
static int publish(struct drops *drops)
{
	bool first = drops->maps.fd[KIDOS_DROP_MAP_STATE] < 0;
	int error = kidos_map_set_create(&kidos_drop_map_set, drops->maps.fd, 0);

	if (!error)
		error = kidos_drop_maps_set_state(&drops->maps, &drops->state);
	if (!error && first)
		error = kidos_state_pin_set(&drops->context->state, &kidos_drop_map_set,
					    drops->maps.fd);
	return error;
}

static void stop(void *self)
{
	struct drops *drops = self;

	if (!drops->programs)
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

static int load_programs(struct drops *drops)
{
	int error;

	drops->programs = kidos_drops_load(&drops->maps, &drops->state, drops->settings->probe,
					   drops->refused);
	if (!drops->programs) {
		error = -errno;
		kidos_log(LOG_WARNING, "drops are not counted: %s", drops->refused);
		return error;
	}
	drops->state.running = 1;
	error = publish(drops);
	if (error) {
		kidos_log(LOG_ERR, "drops: state in %s: %s", drops->context->state.path,
			  strerror(-error));
		stop(drops);
		return error;
	}
	kidos_log(LOG_INFO, "drops are counted at %s%s%s", drops->state.rung,
		  *drops->refused ? ": " : "", drops->refused);
	*drops->refused = '\0';
	return 0;
}

static int start(void *self)
{
	struct drops *drops = self;
	int error = open_drops(drops);

	return error || drops->programs ? error : load_programs(drops);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct drops *drops = self;

	if (*drops->refused) {
		status->state = KIDOS_COLLECTOR_FAILED;
		snprintf(status->reason, sizeof(status->reason), "%s", drops->refused);
	} else {
		status->state = drops->programs ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
		snprintf(status->reason, sizeof(status->reason), "%s", drops->state.rung);
	}
}

static void close_drops(void *self)
{
	struct drops *drops = self;

	kidos_drops_free(drops->programs);
	kidos_drop_maps_close(&drops->maps);
	kidos_drop_tally_free(&drops->tally);
	kidos_drop_ports_free(drops->ports);
	kidos_drop_shares_free(drops->shares);
	kidos_reasons_free(drops->reasons);
	kidos_symbols_free(drops->symbols);
	free(drops);
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct drops *drops = calloc(1, sizeof(*drops));

	if (!drops)
		return NULL;
	drops->context = context;
	drops->settings = settings;
	drops->enabled = enabled;
	drops->maps = (struct kidos_drop_maps)KIDOS_DROP_MAPS_NONE;
	drops->state.abi = KIDOS_ABI_VERSION;
	drops->state.cpus = context->maps.cpus;
	drops->state.room = KIDOS_DROP_ROOM_LEAST;
	return drops;
}

static uint64_t least(const void *self)
{
	const struct drops *drops = self;

	return drops->enabled ? kidos_drop_bytes(drops->state.cpus) : 0;
}

static uint64_t grow(void *self, uint64_t room)
{
	struct drops *drops = self;
	uint64_t bytes = 0;

	if (drops->enabled)
		drops->state.room = kidos_drop_room(drops->state.cpus, room, &bytes);
	return bytes;
}

/* The last two are no instances, but series of `drops.if` beside those of interfaces. */
static const char *const instances[] = { "drops.place", "drops.proto", "drops.if",
					 "none",        "benign",      NULL };

const struct kidos_collector kidos_drops_collector = {
	.name = "drops",
	.instances = instances,
	.block = &kidos_drop_block,
	.create = create,
	.close = close_drops,
	.least = least,
	.grow = grow,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = kidos_drops_poll,
};
