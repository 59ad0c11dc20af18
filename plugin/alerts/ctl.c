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

static void fill(const struct kidos_alert *alert, struct ctl_alert *item)
{
	uint64_t boot_ns = kidos_boot_ns();
	bool over = alert->ended_ns;

	item->alert = *alert;
	kidos_notice_of(alert, over ? KIDOS_ALERT_ENDED : KIDOS_ALERT_STARTED, boot_ns,
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

static int gather(int map, struct ctl_alerts *alerts)
{
	struct kidos_alert alert;
	int error = 0;

	for (unsigned int i = 0; !error && i < KIDOS_ALERTS_KEPT; i++) {
		error = kidos_map_read(map, i, &alert);
		if (!error && is_sound(&alert))
			fill(&alert, &alerts->items[alerts->count++]);
	}
	qsort(alerts->items, alerts->count, sizeof(alerts->items[0]), by_time);
	return error;
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
	if (!alerts->count) {
		printf("none since the daemon started\n");
		return;
	}
	printf("%-29s  %-29s  %5s  %s\n", "START", "END", "KEYS", "ALERT");
	for (size_t i = 0; i < alerts->count; i++)
		print_one(&alerts->items[i]);
}

struct settings {
	struct ctl_output output;
};

const struct ctl_option ctl_alert_options[] = {
	CTL_OPTION_JSON(struct settings),
	{},
};

static int read_all(const char *path, struct ctl_alerts *alerts)
{
	_cleanup_fd_ int map = kidos_map_open(&kidos_alert_map_set.rows[KIDOS_ALERT_MAP_STATE],
					      path, KIDOS_MAP_READ);

	if (map < 0)
		return map == -ENOENT ? 0 : map; /* ENOENT: alerts are off */
	return gather(map, alerts);
}

static int poll(struct ctl_state *state, void *context)
{
	const struct settings *settings = context;
	_cleanup_free_ struct ctl_alert *items = calloc(KIDOS_ALERTS_KEPT, sizeof(*items));
	struct ctl_alerts alerts = { .items = items };
	int error = items ? read_all(state->path, &alerts) : -ENOMEM;

	if (error)
		ctl_complain("%s: %s", state->path, strerror(-error));
	else if (settings->output.json)
		json_alerts_print(&alerts);
	else
		print(&alerts);
	return error ? CTL_FAILURE : CTL_OK;
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
