/* SPDX-License-Identifier: MIT */
#include "drops/ctl_scan.h"
#include "core/names.h"
#include "core/now.h"
#include "core/text.h"
#include "drops/counts.h"
#include "drops/ctl_group.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ATTEMPTS 100 /* 5 ms apart: a daemon that died meanwhile is not waited for */

static bool is_word(const char *wanted, const char *word)
{
	return !strcasecmp(wanted, word);
}

static bool reason_matches(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits)
{
	const char *wanted = scan->settings->reason;
	char word[CTL_WORD], number[16];

	if (!wanted)
		return true;
	ctl_drop_reason(scan->names, traits->reason, false, word);
	snprintf(number, sizeof(number), "%" PRIu32, traits->reason);
	return is_word(wanted, word) || is_word(wanted, number);
}

static bool place_matches(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits)
{
	const char *wanted = scan->settings->place;
	char word[CTL_WORD], with_offset[CTL_WORD];

	if (!wanted)
		return true;
	ctl_drop_place(scan->names, traits->place, false, word);
	ctl_drop_place(scan->names, traits->place, true, with_offset);
	return is_word(wanted, word) || is_word(wanted, with_offset);
}

/* With its namespace or, in every namespace, without. */
static bool interface_matches(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits)
{
	const char *wanted = scan->settings->interface, *colon;
	char word[CTL_WORD];

	if (!wanted)
		return true;
	ctl_drop_interface(scan->names, traits->netns, traits->ifindex, word);
	colon = strchr(word, ':');
	return !strcmp(wanted, word) || (colon && !strcmp(wanted, colon + 1));
}

static bool matches(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits)
{
	int class = scan->settings->filter.class;

	return (class == KIDOS_FILTER_ANY || class == traits->class) &&
	       reason_matches(scan, traits) && place_matches(scan, traits) &&
	       interface_matches(scan, traits);
}

static bool take_count(const struct kidos_drop_key *key, uint64_t count, void *context)
{
	struct ctl_drop_scan *scan = context;
	struct ctl_drop_traits traits = { .place = key->place,
					  .reason = key->reason,
					  .netns = key->netns,
					  .ifindex = key->ifindex,
					  .class = key->class,
					  .policy = key->policy };

	scan->total += count;
	if (key->place != KIDOS_PLACE_DRIVER)
		scan->packets += count;
	if (key->policy)
		scan->policy += count;
	if (traits.class >= KIDOS_CLASSES)
		traits.class = KIDOS_CLASS_OTHER;
	if (scan->recent || !count || !matches(scan, &traits))
		return true;
	scan->selected += count;
	if (key->policy)
		scan->selected_policy += count;
	ctl_drop_group_traits(scan, &traits, count);
	return !scan->failed;
}

/* They have a class and nothing else. */
static bool take_other(struct ctl_drop_scan *scan, int class, uint64_t count)
{
	const struct ctl_drop_settings *settings = scan->settings;
	int wanted = settings->filter.class;

	scan->total += count;
	scan->packets += count;
	scan->other += count;
	if (!count || scan->recent || settings->reason || settings->place || settings->interface ||
	    (wanted != KIDOS_FILTER_ANY && wanted != class))
		return true;
	scan->selected += count;
	ctl_drop_group(scan, settings->by == CTL_DROPS_PROTO ? kidos_class_names[class] : "other",
		       count);
	return !scan->failed;
}

static int read_counts(struct ctl_drop_scan *scan)
{
	uint64_t other[KIDOS_CLASSES];
	int error = kidos_drop_counts_each(scan->maps.counts, take_count, scan);

	if (!error)
		error = kidos_drop_counts_other(scan->maps.other, other);
	for (int i = 0; !error && i < KIDOS_CLASSES; i++)
		error = take_other(scan, i, other[i]) ? 0 : -ENOMEM;
	return error;
}

static void forget_counts(struct ctl_drop_scan *scan)
{
	kidos_tally_free(&scan->groups);
	scan->groups = (struct kidos_tally){};
	scan->total = scan->packets = scan->other = scan->policy = scan->selected = 0;
}

/* Counts that move meanwhile would be missed or taken twice. */
static int take_counts(struct ctl_drop_scan *scan)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	uint64_t folds;
	int error;

	for (unsigned int attempt = 0;; attempt++) {
		folds = kidos_drop_reader_folds(&scan->maps);
		error = read_counts(scan);
		if (error || attempt == ATTEMPTS ||
		    (!(folds & 1) && folds == kidos_drop_reader_folds(&scan->maps)))
			return error;
		forget_counts(scan);
		nanosleep(&pause, NULL);
	}
}

static bool keep_event(struct ctl_drop_scan *scan, const struct kidos_drop_view *view)
{
	if (scan->event_count == scan->event_room) {
		size_t room = scan->event_room ? 2 * scan->event_room : 1024;
		struct kidos_drop_view *events = reallocarray(scan->events, room, sizeof(*events));

		if (!events)
			return false;
		scan->events = events;
		scan->event_room = room;
	}
	scan->events[scan->event_count++] = *view;
	return true;
}

static bool take_record(struct ctl_drop_scan *scan, const struct kidos_drop_view *view)
{
	const struct kidos_drop_record *record = &view->record;
	const struct ctl_drop_traits traits = { .place = record->place,
						.reason = record->reason,
						.netns = record->netns,
						.ifindex = record->ifindex,
						.class = record->class,
						.policy = record->policy };

	if (!kidos_drop_matches(&scan->settings->filter, view) || !matches(scan, &traits))
		return true;
	scan->selected++;
	if (scan->settings->by == CTL_DROPS_ONE_BY_ONE)
		return keep_event(scan, view);
	ctl_drop_group_record(scan, record, &traits);
	return !scan->failed;
}

static int newest_first(const void *a, const void *b)
{
	const struct kidos_drop_view *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? 1 : -1;
	return left->record.sequence < right->record.sequence ? 1 : -1;
}

static void hide(const struct kidos_privacy *privacy, struct kidos_drop_record *record)
{
	kidos_privacy_ends(privacy, record->family == 4, &record->src, &record->dst);
	kidos_privacy_command(privacy, record->comm, sizeof(record->comm));
}

static int take_records(struct ctl_drop_scan *scan)
{
	uint64_t boot_ns = kidos_boot_ns();
	struct kidos_drop_view view;
	int error = kidos_drop_reader_rings(&scan->maps);

	for (size_t i = 0; !error && i < scan->maps.records_total; i++) {
		if (!kidos_drop_read(&scan->maps.rings[i], boot_ns, &view))
			continue;
		scan->kept++;
		hide(&scan->privacy, &view.record);
		if (!take_record(scan, &view))
			error = -ENOMEM;
	}
	if (scan->event_count)
		qsort(scan->events, scan->event_count, sizeof(*scan->events), newest_first);
	return error;
}

uint64_t ctl_drop_unrecorded(const struct ctl_drop_scan *scan)
{
	return scan->maps.positions >= 0 && scan->packets > scan->recorded
		       ? scan->packets - scan->recorded
		       : 0;
}

int ctl_drop_run(struct ctl_drop_scan *scan)
{
	const struct ctl_drop_settings *settings = scan->settings;
	int error;

	scan->now_ns = kidos_now_ns(CLOCK_REALTIME);
	scan->recent = settings->by == CTL_DROPS_ONE_BY_ONE || settings->by >= CTL_DROPS_SRC ||
		       kidos_drop_filter_needs_records(&settings->filter);
	error = kidos_drop_reader_recorded(&scan->maps, &scan->recorded);
	if (!error || error == -ENOENT)
		error = take_counts(scan);
	if (!error && scan->recent)
		error = take_records(scan);
	if (scan->failed)
		error = -ENOMEM;
	kidos_tally_sort(&scan->groups);
	return error;
}

static int complain(int error)
{
	if (error == -ENOENT)
		ctl_complain("this daemon counts no drops");
	else if (error == -EPROTO)
		ctl_complain("the maps of drops are those of another version of kidos");
	else
		ctl_complain("maps of drops: %s", strerror(-error));
	return CTL_FAILURE;
}

int ctl_drop_open(struct ctl_drop_scan *scan, const struct ctl_state *state,
		  const struct ctl_drop_settings *settings)
{
	int error;

	*scan = (struct ctl_drop_scan){ .settings = settings, .privacy = state->maps.meta.privacy };
	error = kidos_drop_reader_open(&scan->maps, state->path);
	if (error)
		return complain(error);
	scan->names = ctl_drop_names_new(state);
	return scan->names ? CTL_OK : complain(-ENOMEM);
}

void ctl_drop_close(struct ctl_drop_scan *scan)
{
	kidos_drop_reader_close(&scan->maps);
	ctl_drop_names_free(scan->names);
	kidos_tally_free(&scan->groups);
	free(scan->events);
	*scan = (struct ctl_drop_scan){ .maps = KIDOS_DROP_READER_NONE };
}
