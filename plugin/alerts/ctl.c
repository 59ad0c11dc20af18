/* SPDX-License-Identifier: MIT */
#include "alerts/ctl.h"
#include "alerts/maps.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/watch.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(const struct kidos_alert *alert, const struct kidos_privacy *privacy,
		 struct ctl_alert *item)
{
	uint64_t boot_ns = kidos_boot_ns();
	bool over = alert->ended_ns;

	item->alert = *alert;
	kidos_notice_of(alert, over ? KIDOS_ALERT_ENDED : KIDOS_ALERT_STARTED, boot_ns, privacy,
			&item->notice);
	item->started_ns = alert->started_ns + boot_ns;
	item->last_ns = alert->last_ns + boot_ns;
	item->ended_ns = over ? alert->ended_ns + boot_ns : 0;
}

/* Strings end, and the kind is one that this version knows. */
static bool is_sound(struct kidos_alert *alert)
{
	struct kidos_alert_event *event = &alert->event;

	event->instance[sizeof(event->instance) - 1] = '\0';
	event->subject[sizeof(event->subject) - 1] = '\0';
	return alert->id && event->kind < KIDOS_ALERT_KINDS;
}

static int by_time(const void *a, const void *b)
{
	const struct ctl_alert *left = a, *right = b;

	if (!left->ended_ns != !right->ended_ns)
		return left->ended_ns ? 1 : -1;
	return (left->started_ns < right->started_ns) - (left->started_ns > right->started_ns);
}

struct settings {
	struct ctl_output output;
	const char *kind, *instance; /* NULL: any */
	uint64_t since_ns; /* CLOCK_REALTIME; active since then, 0: any time */
	bool active; /* those alone */
};

static bool set_kind(void *field, const char *value)
{
	bool found = false;

	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++)
		found |= !strcmp(value, kidos_alert_kinds[i].name);
	*(const char **)field = value;
	return found;
}

#define FIELD(member) offsetof(struct settings, member)

const struct ctl_option ctl_alert_options[] = {
	{ "kind", "NAME", "kind of alert, as the notification's type: port_scan", set_kind,
	  FIELD(kind), false },
	{ "instance", "NAME", "interface or collector that it is about", ctl_set_text,
	  FIELD(instance), false },
	{ "active", NULL, "those that are active, without the recent ones", ctl_set_true,
	  FIELD(active), false },
	CTL_OPTION_SINCE(struct settings, since_ns),
	{ "limit", "N", "rows to print, 0 for all (default)", ctl_set_limit, FIELD(output), false },
	{ "watch", "[SECONDS]", "0.1 to 86400 seconds between polls (default 1)", ctl_set_watch,
	  FIELD(output.watch), false },
	CTL_OPTION_JSON(struct settings),
	{},
};

static bool is_selected(const struct settings *settings, const struct ctl_alert *alert)
{
	const struct kidos_notice *notice = &alert->notice;

	return (!settings->kind || !strcmp(settings->kind, notice->kind)) &&
	       (!settings->instance || !strcmp(settings->instance, notice->instance)) &&
	       (!alert->ended_ns || (!settings->active && alert->ended_ns >= settings->since_ns));
}

static int gather(int map, const struct kidos_privacy *privacy, const struct settings *settings,
		  struct ctl_alerts *alerts)
{
	struct kidos_alert alert;
	int error = 0;

	for (unsigned int i = 0; !error && i < KIDOS_ALERTS_KEPT; i++) {
		struct ctl_alert *item = &alerts->items[alerts->count];

		error = kidos_map_read(map, i, &alert);
		if (error || !is_sound(&alert))
			continue;
		fill(&alert, privacy, item);
		alerts->known++;
		alerts->count += is_selected(settings, item);
	}
	qsort(alerts->items, alerts->count, sizeof(alerts->items[0]), by_time);
	return error;
}

static size_t shown_of(const struct settings *settings, size_t count)
{
	size_t limit = ctl_watch_rows(&settings->output);

	return limit && limit < count ? limit : count;
}

static void print_one(const struct ctl_alert *alert)
{
	char started[KIDOS_TEXT_TIME], ended[KIDOS_TEXT_TIME] = "active";

	kidos_text_local(alert->started_ns, started);
	if (alert->ended_ns)
		kidos_text_local(alert->ended_ns, ended);
	printf("%-29s  %-29s  %5u  %s\n", started, ended, alert->alert.raised,
	       alert->notice.message);
}

static void print(const struct ctl_alerts *alerts)
{
	if (!alerts->known)
		printf("none since the daemon started\n");
	else if (!alerts->count)
		printf("none of %zu selected\n", alerts->known);
	if (!alerts->count)
		return;
	printf("%-29s  %-29s  %5s  %s\n", "START", "END", "KEYS", "ALERT");
	for (size_t i = 0; i < alerts->shown; i++)
		print_one(&alerts->items[i]);
}

static int read_all(const struct ctl_state *state, const struct settings *settings,
		    struct ctl_alerts *alerts)
{
	_cleanup_fd_ int map = kidos_map_open(&kidos_alert_map_set.rows[KIDOS_ALERT_MAP_STATE],
					      state->path, KIDOS_MAP_READ);
	int error;

	if (map < 0)
		return map == -ENOENT ? 0 : map; /* ENOENT: alerts are off */
	error = gather(map, &state->maps.meta.privacy, settings, alerts);
	alerts->shown = shown_of(settings, alerts->count);
	return error;
}

static int poll(struct ctl_state *state, void *context)
{
	const struct settings *settings = context;
	_cleanup_free_ struct ctl_alert *items = calloc(KIDOS_ALERTS_KEPT, sizeof(*items));
	struct ctl_alerts alerts = { .items = items, .time_ns = state->time_ns };
	int error = items ? read_all(state, settings, &alerts) : -ENOMEM;

	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	ctl_watch_head(&settings->output, state);
	if (settings->output.json)
		json_alerts_print(&alerts);
	else
		print(&alerts);
	return CTL_OK;
}

static int run(const struct ctl_call *call)
{
	struct settings settings = *(const struct settings *)call->settings;

	return ctl_watch(call, &settings.output, poll, &settings);
}

const struct ctl_command ctl_alerts = {
	.name = "alerts",
	.help = "what is wrong, and what was of late",
	.options = ctl_alert_options,
	.size = sizeof(struct settings),
	.run = run,
};
