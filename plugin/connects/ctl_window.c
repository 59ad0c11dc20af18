/* SPDX-License-Identifier: MIT */
#include "connects/ctl_window.h"
#include "connects/counts.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/json_build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *limit, *words;
} limits[] = {
	{ "boot", "the machine is up since" },
	{ "daemon", "connections are recorded since" },
	{ "recorder", "the recorder reaches back to" },
};

static const char *limit_of(const struct ctl_window *window, uint64_t boot, uint64_t started)
{
	if (!window->since || window->since >= window->complete_since)
		return NULL;
	if (window->complete_since > started)
		return "recorder";
	return window->since < boot ? "boot" : "daemon";
}

int ctl_window_of(const struct kidos_connect_reader *reader, uint64_t since, uint64_t until,
		  struct ctl_window *window)
{
	uint64_t boot = kidos_boot_ns(), started = reader->state.started;
	uint64_t events[KIDOS_CONNECT_EVENTS];
	int error = kidos_connect_counts_events(reader->maps.fd[KIDOS_CONNECT_MAP_EVENTS], events);

	*window = (struct ctl_window){
		.since = since,
		.until = until ? until : kidos_now_ns(CLOCK_REALTIME),
		.complete_since = kidos_connect_reach(&reader->rings, started) + boot,
		.unrecorded = events[KIDOS_CONNECT_EVENT_NO_RECORD] +
			      events[KIDOS_CONNECT_EVENT_NO_DATAGRAM],
	};
	window->limit = limit_of(window, boot, started + boot);
	return error;
}

bool ctl_window_is_whole(const struct ctl_window *window)
{
	return !window->limit && !window->unrecorded;
}

void json_window_add(struct json_object *object, const struct ctl_window *window)
{
	json_add_time(object, "since", window->since);
	json_add_time(object, "until", window->until);
	json_add_time(object, "complete_since", window->complete_since);
	json_add_bool(object, "complete", ctl_window_is_whole(window));
	if (window->limit)
		json_add_text(object, "limited_by", window->limit);
	else
		json_add_null(object, "limited_by");
	json_add_number(object, "unrecorded", window->unrecorded);
}

void ctl_window_print(const struct ctl_window *window)
{
	char complete[KIDOS_TEXT_TIME], since[KIDOS_TEXT_TIME];

	kidos_text_local(window->complete_since, complete);
	kidos_text_local(window->since, since);
	for (size_t i = 0; window->limit && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(limits[i].limit, window->limit))
			printf("not all that was asked for, since %s: %s %s\n", since,
			       limits[i].words, complete);
	if (window->unrecorded)
		printf("%" PRIu64 " events since the start have no record\n", window->unrecorded);
}
