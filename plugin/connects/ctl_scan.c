/* SPDX-License-Identifier: MIT */
#include "connects/ctl_scan.h"
#include "core/now.h"
#include "core/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ctl_connects_complain(int error)
{
	if (error == -ENOENT)
		ctl_complain("this daemon counts no connections");
	else if (error == -EPROTO)
		ctl_complain("the maps of connections are those of another version of kidos");
	else
		ctl_complain("maps of connections: %s", strerror(-error));
	return CTL_FAILURE;
}

bool ctl_connects_may_ask(const struct ctl_state *state, const struct kidos_connect_filter *filter)
{
	if (!filter->command || !state->maps.meta.privacy.hide_commands)
		return true;
	ctl_complain("--command: <Privacy> hides the names of commands");
	return false;
}

int ctl_connects_open(struct ctl_connects_scan *scan, const struct ctl_state *state,
		      const struct ctl_connects_settings *settings)
{
	int error;

	*scan = (struct ctl_connects_scan){ .settings = settings,
					    .state = state,
					    .filter = settings->filter,
					    .reader.maps = KIDOS_CONNECT_MAPS_NONE,
					    .cgroups.root = -1,
					    .boot_ns = kidos_boot_ns() };
	if (!ctl_connects_may_ask(state, &settings->filter))
		return CTL_USAGE;
	error = kidos_connect_reader_open(&scan->reader, state->path);
	if (!error)
		error = kidos_connect_reader_rings(&scan->reader);
	if (error)
		return ctl_connects_complain(error);
	kidos_connect_cgroups_open(&scan->cgroups, scan->reader.maps.fd[KIDOS_CONNECT_MAP_UNITS]);
	return CTL_OK;
}

void ctl_connects_close(struct ctl_connects_scan *scan)
{
	kidos_connect_cgroups_close(&scan->cgroups);
	kidos_connect_reader_close(&scan->reader);
	free(scan->events);
	scan->events = NULL;
}

static bool keep(struct ctl_connects_scan *scan, const struct kidos_connect_view *view)
{
	if (scan->count == scan->room) {
		size_t room = scan->room ? 2 * scan->room : 1024;
		struct kidos_connect_view *events =
			reallocarray(scan->events, room, sizeof(*events));

		if (!events)
			return false;
		scan->events = events;
		scan->room = room;
	}
	scan->events[scan->count++] = *view;
	return true;
}

static void take(const struct kidos_connect_record *record, void *context)
{
	struct ctl_connects_scan *scan = context;
	struct kidos_connect_view view;

	kidos_connect_view_of(record, scan->boot_ns, &scan->state->maps.meta.privacy, &view);
	if (kidos_connect_matches(&scan->filter, &view))
		scan->failed |= !keep(scan, &view);
}

int ctl_connects_read(struct ctl_connects_scan *scan, uint64_t *last, uint64_t *overwritten)
{
	uint64_t *none = last ? NULL : calloc(scan->reader.rings.cpus + 1, sizeof(*none)), gone;
	int error;

	if (!last && !none)
		return -ENOMEM;
	gone = kidos_connect_recent(&scan->reader.rings, last ? last : none, take, scan);
	free(none);
	if (overwritten)
		*overwritten = gone;
	scan->selected = scan->count;
	error = ctl_window_of(&scan->reader, scan->filter.since_ns, scan->filter.until_ns,
			      &scan->window);
	return scan->failed ? -ENOMEM : error;
}

uint32_t ctl_connects_pid(const struct kidos_connect_record *record)
{
	return record->tgid ? record->tgid : record->tgid_initial;
}

static int by_time(const void *a, const void *b)
{
	const struct kidos_connect_view *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? 1 : -1;
	return (left->record.sequence < right->record.sequence) -
	       (left->record.sequence > right->record.sequence);
}

static int oldest_first(const void *a, const void *b)
{
	return by_time(b, a);
}

static int by_process(const void *a, const void *b)
{
	const struct kidos_connect_view *left = a, *right = b;
	uint32_t one = ctl_connects_pid(&left->record), other = ctl_connects_pid(&right->record);

	return one != other ? (one > other) - (one < other) : by_time(a, b);
}

void ctl_connects_sort(struct ctl_connects_scan *scan, bool newest_first)
{
	if (scan->count)
		qsort(scan->events, scan->count, sizeof(*scan->events),
		      newest_first ? by_time : oldest_first);
}

void ctl_connects_limit(struct ctl_connects_scan *scan, uint64_t limit)
{
	size_t kept = 0;
	uint64_t rank = 0;

	if (scan->count)
		qsort(scan->events, scan->count, sizeof(*scan->events), by_process);
	for (size_t i = 0; i < scan->count; i++) {
		bool next = !i || ctl_connects_pid(&scan->events[i].record) !=
					  ctl_connects_pid(&scan->events[i - 1].record);

		scan->pids += next;
		rank = next ? 1 : rank + 1;
		if (rank > limit)
			scan->events[i].time_ns = 0;
	}
	for (size_t i = 0; i < scan->count; i++)
		if (scan->events[i].time_ns)
			scan->events[kept++] = scan->events[i];
	scan->count = kept;
}

void ctl_connects_path(struct kidos_connect_cgroups *cgroups, uint64_t cgroup, char path[CTL_UNIT])
{
	struct kidos_connect_cgroup group;

	strcpy(path, "-");
	if (cgroup && !kidos_connect_cgroup_path(cgroups, cgroup, &group))
		kidos_text_escape(group.path, path, CTL_UNIT);
}

void ctl_connects_unit(struct kidos_connect_cgroups *cgroups, uint64_t cgroup, char unit[CTL_UNIT])
{
	char raw[KIDOS_CONNECT_UNIT];

	kidos_connect_cgroup_unit(cgroups, cgroup, raw);
	kidos_text_escape(raw, unit, CTL_UNIT);
	if (!*unit)
		strcpy(unit, "-");
}
