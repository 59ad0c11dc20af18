/* SPDX-License-Identifier: MIT */
/* poll.c: a poll of drops: counts become series of four partitions, shares and alert events. */
#include "core/log.h"
#include "core/names.h"
#include "core/now.h"
#include "drops/alert.h"
#include "drops/counts.h"
#include "drops/drops.h"
#include "drops/fold.h"
#include "state/learning.h"
#include "links/slots.h"

#include <errno.h>
#include <string.h>

/*
 * Names are for people: without them places and reasons are numbers. Not at
 * the start, which they would make longer by a tenth of a second.
 */
static void load_names(struct drops *drops)
{
	drops->named = true;
	drops->reasons = kidos_reasons_load();
	if (!drops->reasons)
		kidos_log(LOG_NOTICE, "drops: reasons are numbers: kernel BTF: %s",
			  strerror(errno));
	drops->symbols = kidos_symbols_load("/proc/kallsyms");
	if (!drops->symbols)
		kidos_log(LOG_NOTICE, "drops: places are unknown: /proc/kallsyms: %s%s",
			  strerror(errno), errno == EPERM ? " (it takes CAP_SYSLOG)" : "");
}

static bool is_ignored(const struct kidos_drop_settings *settings, const char *reason,
		       const char *place)
{
	return kidos_strings_have(&settings->ignore_reasons, reason) ||
	       kidos_strings_have(&settings->ignore_places, place);
}

/*
 * Is this none of the drops that are ordinary here: ignored, or of a reason
 * that turned up while kidos learned? In the alerts' thread: what it reads does
 * not change once there are names.
 */
static bool make_alert(void *self, const void *data, struct kidos_alert_event *event)
{
	const struct drops *drops = self;
	const struct kidos_alert_record *record = data;
	char reason[KIDOS_REASON_NAME], place[KIDOS_SYMBOL];

	if (kidos_drop_alert_check(record, record->size))
		return false;
	kidos_reason_name(drops->reasons, record->drop.reason, reason);
	kidos_symbol_name(drops->symbols, record->drop.place, NULL, place);
	kidos_alert_of_drop(&record->drop, reason, event);
	return record->drop.time >= drops->state.learn_until &&
	       !kidos_learned_has(&drops->learned, reason) &&
	       !is_ignored(drops->settings, reason, place);
}

#define KIDOS_REASON_POLICY "kidos_policy" /* whatever the kernel calls it: it was kidos */

struct reading {
	struct drops *drops;
	const struct kidos_poll *poll;
	size_t keys;
	bool learned; /* the time to learn is over */
};

/* What is seen while kidos learns is ordinary from then on, also after a restart. */
static bool is_benign(const struct reading *reading, uint32_t reason, const char *name)
{
	struct drops *drops = reading->drops;
	uint64_t first = kidos_drop_maps_first(&drops->maps, reason);

	if (first && first < drops->state.learn_until)
		kidos_learned_add(&drops->learned, name);
	return reading->learned && kidos_learned_has(&drops->learned, name);
}

/* NULL where kidos does not watch it, or counts it as other. */
static const char *interface_name(const struct reading *reading, const struct kidos_drop_key *key)
{
	const struct kidos_port_state *port =
		kidos_port_find(reading->drops->context, key->netns, key->ifindex);

	if (port)
		return reading->poll->instances[port->slot];
	return key->ifindex ? NULL : "none";
}

/* What a drop is called in each partition. */
struct names {
	char reason[KIDOS_REASON_NAME], place[KIDOS_SYMBOL];
};

static struct kidos_drop_kind name_kind(const struct reading *reading,
					const struct kidos_drop_key *key, struct names *names)
{
	const struct drops *drops = reading->drops;

	return (struct kidos_drop_kind){ {
		[KIDOS_DROP_REASON] =
			key->policy ? KIDOS_REASON_POLICY
				    : kidos_reason_name(drops->reasons, key->reason, names->reason),
		[KIDOS_DROP_PLACE] =
			kidos_symbol_name(drops->symbols, key->place, NULL, names->place),
		[KIDOS_DROP_CLASS] = kidos_class_names[key->class],
		[KIDOS_DROP_INTERFACE] = interface_name(reading, key),
	} };
}

/* The share of drops is judged at once; new series may have to wait for later polls. */
static bool take_count(const struct kidos_drop_key *key, uint64_t count, void *context)
{
	struct reading *reading = context;
	struct drops *drops = reading->drops;
	struct kidos_drop_last *last = kidos_drop_tally_last(&drops->tally, key);
	struct kidos_drop_kind kind;
	struct names names;
	bool ignored;

	reading->keys++;
	if (!last || count == last->sent)
		return true;
	kind = name_kind(reading, key, &names);
	ignored = is_ignored(drops->settings, kind.names[KIDOS_DROP_REASON],
			     kind.names[KIDOS_DROP_PLACE]);
	/* Driver losses are not in the denominator, and what a policy drops is no fault. */
	if (!ignored && count > last->seen && key->place != KIDOS_PLACE_DRIVER && !key->policy)
		kidos_drop_shares_add(drops->shares, key, count - last->seen);
	if (count != last->seen)
		last->moved = drops->tally.emitted;
	last->seen = count;
	kind.benign =
		!key->policy && is_benign(reading, key->reason, kind.names[KIDOS_DROP_REASON]);
	if (ignored || kidos_drop_tally_add(&drops->tally, &kind, count - last->sent))
		last->sent = count;
	return true;
}

static void take_other(struct drops *drops)
{
	uint64_t other[KIDOS_CLASSES];

	if (kidos_drop_counts_other(drops->maps.fd[KIDOS_DROP_MAP_OTHER], other))
		return;
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		struct kidos_drop_kind kind = { { [KIDOS_DROP_CLASS] = kidos_class_names[c] } };

		if (kidos_drop_tally_add(&drops->tally, &kind, other[c] - drops->other[c]))
			drops->other[c] = other[c];
	}
}

static const char *const part_instances[KIDOS_DROP_PARTS] = {
	[KIDOS_DROP_REASON] = "drops",
	[KIDOS_DROP_PLACE] = "drops.place",
	[KIDOS_DROP_CLASS] = "drops.proto",
	[KIDOS_DROP_INTERFACE] = "drops.if",
};

static void send_tally(struct kidos_output *output, const struct kidos_drop_tally *tally)
{
	for (unsigned int i = 0; i < KIDOS_DROP_PARTS; i++) {
		const struct kidos_drop_part *part = &tally->parts[i];

		output->instance = part_instances[i];
		for (size_t j = 0; j < part->count; j++)
			kidos_send_derive(output, "packets", part->series[j].name,
					  part->series[j].packets);
	}
}

/* Not before there are names, by which reasons are ignored; the ring keeps the first records. */
static void offer_alerts(struct drops *drops)
{
	drops->source = (struct kidos_alert_source){
		.ring = drops->maps.fd[KIDOS_DROP_MAP_ALERTS],
		.record = sizeof(struct kidos_alert_record),
		.make = make_alert,
		.self = drops,
	};
	kidos_sinks_give(&drops->context->sinks[KIDOS_SINK_ALERT_SOURCE], &drops->source);
}

static int fold_counts(struct drops *drops)
{
	int error;

	drops->state.folds++;
	kidos_drop_maps_set_state(&drops->maps, &drops->state);
	error = kidos_drop_fold(drops->context, &drops->maps, &drops->tally);
	drops->state.folds++;
	kidos_drop_maps_set_state(&drops->maps, &drops->state);
	return error;
}

static void read_counts(struct drops *drops, const struct kidos_poll *poll)
{
	struct reading reading = { .drops = drops, .poll = poll };
	int error;

	reading.learned = kidos_now_ns(CLOCK_BOOTTIME) >= drops->state.learn_until;
	if (drops->programs)
		kidos_drop_ports_read(drops->ports, drops->context, &drops->maps, drops->symbols);
	error = kidos_drop_counts_each(drops->maps.fd[KIDOS_DROP_MAP_COUNTS], take_count, &reading);
	if (!error && reading.keys > KIDOS_DROP_FULL)
		error = fold_counts(drops);
	if (error)
		kidos_log(LOG_WARNING, "read drops: %s", strerror(-error));
	kidos_learning_save(drops->context->config->data_path, drops->settings->learn_time,
			    &drops->learned, &drops->learned_failed);
	kidos_drop_shares_judge(drops->shares, poll);
	take_other(drops);
}

void kidos_drops_poll(void *self, const struct kidos_poll *poll)
{
	struct drops *drops = self;

	if (drops->maps.fd[KIDOS_DROP_MAP_STATE] < 0)
		return;
	if (!drops->named) {
		load_names(drops);
		offer_alerts(drops);
	}
	read_counts(drops, poll);
	drops->state.missed =
		drops->missed_before + (drops->programs ? kidos_drops_missed(drops->programs) : 0);
	kidos_drop_maps_set_state(&drops->maps, &drops->state);
	send_tally(poll->output, &drops->tally);
	kidos_drop_tally_emitted(&drops->tally);
	poll->output->instance = "self";
	kidos_send_derive(poll->output, "total_events", "drops_missed", drops->state.missed);
	kidos_send_derive(poll->output, "total_events", "ring_lost",
			  kidos_drop_maps_alerts_lost(&drops->maps));
}
