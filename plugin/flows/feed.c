/* SPDX-License-Identifier: MIT */
#include "flows/feed.h"
#include "abi_policy.h"
#include "core/flow_key.h"
#include "core/now.h"
#include "flows/reader.h"
#include "links/rule.h"
#include "state/baseline.h"
#include "state/entry.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct kidos_feed {
	struct kidos_context *context;
	struct kidos_spills *spills;
	struct kidos_reader reader;
	struct kidos_last_hashed *before; /* hash map: what the last window saw, less is gone */
	char (*names)[KIDOS_PORT_NAME]; /* of each slot */
	struct kidos_clock clock; /* of this window */
	struct kidos_thread thread;
};

uint64_t kidos_feed_bytes(uint32_t max_flows)
{
	return 2ull * max_flows * sizeof(struct kidos_last_read);
}

/* As it is now: another flow may have the entry by the time that it is read. */
static struct kidos_flow_detail detail_of(const struct kidos_feed *feed)
{
	const struct kidos_flow_seen *at = &feed->reader.at;
	const struct kidos_detail_set *sets = feed->context->maps.details;

	return at->detail ? *at->detail : sets[at->entry / KIDOS_WAYS].ways[at->entry % KIDOS_WAYS];
}

static void give(const struct kidos_feed *feed, struct kidos_flow_gain *gain)
{
	unsigned int slot = kidos_key_slot(gain->key);

	gain->interface = slot && slot < feed->context->meta.slots ? feed->names[slot] : "other";
	kidos_sinks_give(&feed->context->sinks[KIDOS_SINK_FLOW], gain);
}

static enum kidos_flow_action action_of(const struct kidos_feed *feed)
{
	return kidos_marks_verdict(feed->reader.at.marks) == KIDOS_VERDICT_REFUSE
		       ? atomic_load(&feed->context->refused)
		       : KIDOS_ACTION_PERMITTED;
}

static void gained(void *self, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	const struct kidos_feed *feed = self;
	const struct kidos_flow_detail detail = detail_of(feed);
	struct kidos_flow_gain gain = {
		.key = key,
		.gained = *count,
		.first_ns = kidos_clock_realtime(&feed->clock, detail.first),
		.last_ns = kidos_clock_realtime(&feed->clock, feed->reader.at.last),
		.action = action_of(feed),
		.first_size = detail.first_size,
		.least_size = detail.least_size,
		.most_size = detail.most_size,
	};

	give(feed, &gain);
}

/* An evicted flow brings no times: its packets came since the last window. */
static void read_spills(void *self)
{
	struct kidos_feed *feed = self;
	const struct kidos_spill *spills;
	size_t count = kidos_spills_take(feed->spills, KIDOS_SPILLS_FOR_FEED, &spills);
	struct kidos_flow_gain gain = { .first_ns = feed->clock.realtime_ns,
					.last_ns = feed->clock.realtime_ns };

	for (size_t i = 0; i < count; i++) {
		gain.key = &spills[i].key;
		if (kidos_reader_spilled(&feed->reader, &spills[i], &gain.gained) &&
		    (gain.gained.packets || gain.gained.bytes))
			give(feed, &gain);
	}
}

/* Also of an interface that has just come, and had no poll yet. */
static void read_names(struct kidos_feed *feed)
{
	struct kidos_context *context = feed->context;

	pthread_mutex_lock(&context->lock);
	for (unsigned int slot = 1; slot < context->meta.slots; slot++)
		if (context->slots[slot].state != KIDOS_SLOT_UNUSED)
			kidos_port_name(context->reserved, &context->slots[slot], feed->names[slot],
					KIDOS_PORT_NAME);
	pthread_mutex_unlock(&context->lock);
}

static bool read_hashed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			void *self)
{
	struct kidos_feed *feed = self;

	kidos_reader_hashed_after(&feed->reader, feed->before, key, flow);
	return true;
}

/* Entries that are gone from the map are not copied to what this window saw. */
static void read_baseline(struct kidos_feed *feed)
{
	struct kidos_last_hashed *seen = feed->reader.hashed;

	feed->reader.hashed = feed->before;
	feed->before = seen;
	kidos_reader_forget_all(&feed->reader);
	kidos_baseline_each(&feed->context->maps, read_hashed, feed);
}

static void read_window(struct kidos_feed *feed)
{
	struct kidos_context *context = feed->context;

	read_names(feed);
	kidos_clock_now(&feed->clock, &context->meta);
	read_spills(feed);
	kidos_reader_begin(&feed->reader);
	if (context->meta.baseline)
		read_baseline(feed);
	else
		kidos_reader_table(&feed->reader, context->maps.flows, context->maps.sets);
}

/*
 * An entry that is idle goes to another flow without a word: each has to be
 * read while it still counts as active.
 */
static uint64_t window_of(const struct kidos_context *context)
{
	uint64_t idle = context->meta.idle * context->meta.unit_ns / 2;

	return context->flow_window_ns < idle ? context->flow_window_ns : idle;
}

static void *run(void *self)
{
	struct kidos_feed *feed = self;
	struct pollfd stop = { .fd = feed->thread.stop, .events = POLLIN };
	uint64_t window = window_of(feed->context), next = kidos_now_ns(CLOCK_MONOTONIC), now;

	while (!atomic_load(&feed->thread.stopping)) {
		now = kidos_now_ns(CLOCK_MONOTONIC);
		/* After a delay the windows go on from now. */
		next = next + window > now ? next + window : now + window;
		if (poll(&stop, 1, (int)((next - now) / 1000000) + 1) > 0)
			break;
		read_window(feed);
	}
	return NULL;
}

static int start(struct kidos_feed *feed)
{
	const struct kidos_meta *meta = &feed->context->meta;
	int error = kidos_reader_init(&feed->reader, meta, gained, feed);

	feed->reader.evicted = read_spills;
	feed->names = calloc(meta->slots, sizeof(*feed->names));
	if (feed->reader.hashed)
		feed->before = calloc(feed->reader.hashed_mask + 1, sizeof(*feed->before));
	if (error || !feed->names || (feed->reader.hashed && !feed->before))
		return -ENOMEM;
	error = kidos_thread_prepare(&feed->thread);
	return error ? error : kidos_thread_start(&feed->thread, "kidos feed", run, feed);
}

static void feed_free(struct kidos_feed *feed)
{
	kidos_thread_stop(&feed->thread, 0);
	kidos_reader_free(&feed->reader);
	free(feed->before);
	free(feed->names);
	free(feed);
}

struct kidos_feed *kidos_feed_open(struct kidos_context *context, struct kidos_spills *spills)
{
	struct kidos_feed *feed = calloc(1, sizeof(*feed));
	int error;

	if (!feed)
		return NULL;
	feed->context = context;
	feed->spills = spills;
	feed->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	error = start(feed);
	if (!error)
		return feed;
	feed_free(feed);
	errno = -error;
	return NULL;
}

void kidos_feed_close(struct kidos_feed *feed)
{
	if (!feed)
		return;
	kidos_thread_stop(&feed->thread, 0);
	read_window(feed);
	feed_free(feed);
}
