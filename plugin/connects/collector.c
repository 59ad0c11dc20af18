/* SPDX-License-Identifier: MIT */
#include "collector.h"
#include "connects/connects.h"
#include "connects/memory.h"
#include "connects/sockets.h"
#include "core/log.h"
#include "core/now.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the first start needs beside the programs. */
static int open_connects(struct connects *connects)
{
	const struct kidos_connect_settings *settings = connects->settings;

	if (connects->open)
		return 0;
	connects->privacy = kidos_privacy_of(connects->context->config);
	connects->ignored = kidos_connect_ignored_new(&settings->ignore_commands);
	if (!connects->ignored || kidos_connect_owners_init(&connects->owners) ||
	    kidos_connect_tally_init(&connects->tally, settings->max_commands))
		return -ENOMEM;
	if (connects->context->alert_window_ns) {
		connects->alerts =
			kidos_connect_alerts_new(connects->context, settings, connects->ignored);
		if (!connects->alerts)
			return -ENOMEM;
	}
	connects->state.started = kidos_now_ns(CLOCK_BOOTTIME);
	connects->open = true;
	return 0;
}

/* A link pinned anew by each start: the former one ended with its programs. */
static int publish_list(const struct connects *connects)
{
	const struct kidos_state *state = &connects->context->state;
	int link = kidos_connects_list(connects->programs);

	kidos_state_remove(state, KIDOS_CONNECT_SOCKETS_PIN);
	return link < 0 ? 0 : kidos_state_pin_shared(state, link, KIDOS_CONNECT_SOCKETS_PIN);
}

/* The programs' maps are there: the first time they are pinned, with our own beside them. */
static int publish(struct connects *connects)
{
	bool first = connects->maps.fd[KIDOS_CONNECT_MAP_STATE] < 0;
	int error = kidos_map_set_create(&kidos_connect_map_set, connects->maps.fd, 0);

	if (!error)
		error = kidos_connect_maps_set_state(&connects->maps, &connects->state);
	if (!error && first)
		error = kidos_state_pin_set(&connects->context->state, &kidos_connect_map_set,
					    connects->maps.fd);
	if (!error)
		error = publish_list(connects);
	if (!error && first)
		kidos_connect_cgroups_open(&connects->cgroups,
					   connects->maps.fd[KIDOS_CONNECT_MAP_UNITS]);
	return error;
}

static void stop(void *self)
{
	struct connects *connects = self;

	kidos_connect_answers_stop(connects->answers);
	if (!connects->programs)
		return;
	kidos_state_remove(&connects->context->state, KIDOS_CONNECT_SOCKETS_PIN);
	connects->missed_before += kidos_connects_missed(connects->programs);
	kidos_connects_free(connects->programs);
	connects->programs = NULL;
	connects->state.running = 0;
	connects->state.missed = connects->missed_before;
	if (connects->maps.fd[KIDOS_CONNECT_MAP_STATE] >= 0)
		kidos_connect_maps_set_state(&connects->maps, &connects->state);
}

/* What moved while it was off is nobody's traffic: it is not added later. */
static void take_base(struct connects *connects)
{
	if (kidos_connects_read(connects))
		return;
	for (size_t i = 0; i < connects->owners.count; i++) {
		struct kidos_connect_entry *entry = &connects->owners.entries[i];

		entry->rx = kidos_connect_rx(entry);
		entry->tx = kidos_connect_tx(entry);
	}
}

static int load_programs(struct connects *connects)
{
	bool first = connects->maps.fd[KIDOS_CONNECT_MAP_STATE] < 0;
	int error;

	connects->programs =
		kidos_connects_load(&connects->maps, &connects->state, connects->settings->probe,
				    connects->settings->datagrams, connects->refused);
	if (!connects->programs) {
		error = -errno;
		kidos_log(LOG_WARNING, "connections are not counted: %s", connects->refused);
		return error;
	}
	connects->state.running = 1;
	error = publish(connects);
	if (error) {
		kidos_log(LOG_ERR, "connects: state in %s: %s", connects->context->state.path,
			  strerror(-error));
		stop(connects);
		return error;
	}
	if (!first)
		take_base(connects);
	error = kidos_connect_answers_start(connects->answers, &connects->maps, &connects->state);
	if (error)
		kidos_log(LOG_WARNING, "connects: whose packets are is not known: %s",
			  strerror(-error));
	kidos_log(LOG_INFO, "connections are counted at %s, outcomes at %s%s%s",
		  connects->state.rung, connects->state.outcomes, *connects->refused ? ": " : "",
		  connects->refused);
	*connects->refused = '\0';
	return 0;
}

static int start(void *self)
{
	struct connects *connects = self;
	int error = open_connects(connects);

	return error || connects->programs ? error : load_programs(connects);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct connects *connects = self;

	if (*connects->refused) {
		status->state = KIDOS_COLLECTOR_FAILED;
		snprintf(status->reason, sizeof(status->reason), "%s", connects->refused);
	} else {
		status->state = connects->programs ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
		snprintf(status->reason, sizeof(status->reason), "%s", connects->state.rung);
	}
}

static void close_connects(void *self)
{
	struct connects *connects = self;

	kidos_connects_free(connects->programs);
	kidos_connect_answers_free(connects->answers);
	kidos_connect_maps_close(&connects->maps);
	kidos_connect_alerts_free(connects->alerts);
	kidos_connect_cgroups_close(&connects->cgroups);
	kidos_connect_owners_free(&connects->owners);
	kidos_connect_tally_free(&connects->tally);
	kidos_connect_ignored_free(connects->ignored);
	free(connects);
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct connects *connects = calloc(1, sizeof(*connects));

	if (!connects)
		return NULL;
	connects->context = context;
	connects->settings = settings;
	connects->enabled = enabled;
	connects->maps = (struct kidos_connect_maps)KIDOS_CONNECT_MAPS_NONE;
	connects->cgroups.root = -1;
	connects->state.abi = KIDOS_ABI_VERSION;
	connects->state.cpus = context->maps.cpus;
	connects->state.room = KIDOS_CONNECT_ROOM_LEAST;
	connects->state.shift = KIDOS_CONNECT_SHIFT_MOST;
	if (!enabled)
		return connects;
	connects->answers = kidos_connect_answers_new(context);
	if (connects->answers)
		return connects;
	free(connects);
	return NULL;
}

static struct kidos_connect_wanted wanted(const struct connects *connects)
{
	return (struct kidos_connect_wanted){ .alerts = connects->context->alert_window_ns,
					      .whose = connects->context->whose_asked };
}

static uint64_t least(const void *self)
{
	const struct connects *connects = self;

	return connects->enabled ? kidos_connect_bytes(connects->settings, connects->state.cpus,
						       wanted(connects))
				 : 0;
}

static uint64_t grow(void *self, uint64_t room)
{
	struct connects *connects = self;
	struct kidos_connect_sizes sizes;
	uint64_t bytes;

	if (!connects->enabled)
		return 0;
	bytes = kidos_connect_fit(connects->settings, connects->state.cpus, wanted(connects), room,
				  &sizes);
	connects->state.shift = sizes.shift;
	connects->state.room = sizes.room;
	return bytes;
}

static const char *const instances[] = { "accepts", "connects.result", "connects.traffic", NULL };

const struct kidos_collector kidos_connects_collector = {
	.name = "connects",
	.instances = instances,
	.block = &kidos_connect_block,
	.create = create,
	.close = close_connects,
	.least = least,
	.grow = grow,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = kidos_connects_poll,
};
