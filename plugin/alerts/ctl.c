/* SPDX-License-Identifier: MIT */
#include "alerts/ctl.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/state.h"
#include "alerts/maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fill(const struct kidos_alert *episode, struct ctl_alert *alert)
{
	uint64_t boot_ns = kidos_boot_ns();
	bool over = episode->ended_ns;

	alert->alert = *episode;
	kidos_notice_of(episode, over ? KIDOS_ALERT_ENDED : KIDOS_ALERT_STARTED, boot_ns,
			&alert->notice);
	alert->started_ns = episode->started_ns + boot_ns;
	alert->last_ns = episode->last_ns + boot_ns;
	alert->ended_ns = over ? episode->ended_ns + boot_ns : 0;
}

/* Strings end, and the kind is one that this version knows. */
static bool is_sound(struct kidos_alert *episode)
{
	struct kidos_alert_event *alert = &episode->event;

	alert->instance[sizeof(alert->instance) - 1] = '\0';
	alert->subject[sizeof(alert->subject) - 1] = '\0';
	return episode->id && alert->kind < KIDOS_ALERT_KINDS;
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
	struct kidos_alert episode;
	int error = 0;

	for (unsigned int i = 0; !error && i < KIDOS_ALERTS_KEPT; i++) {
		error = kidos_map_read(map, i, &episode);
		if (!error && is_sound(&episode))
			fill(&episode, &alerts->items[alerts->count++]);
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

static int show(const struct ctl_settings *settings, struct ctl_alerts *alerts)
{
	int map = kidos_map_open(&kidos_alert_map_set.rows[KIDOS_ALERT_MAP_STATE], settings->state,
				 KIDOS_MAP_READ);
	int error = map == -ENOENT ? 0 : map; /* alerts are off */

	if (map >= 0) {
		error = gather(map, alerts);
		close(map);
	}
	if (error)
		ctl_complain("%s: %s", settings->state, strerror(-error));
	else if (settings->json)
		json_alerts_print(alerts);
	else
		print(alerts);
	return error ? CTL_FAILURE : CTL_OK;
}

int ctl_alerts(struct ctl_settings *settings)
{
	struct ctl_alerts alerts = { .items = calloc(KIDOS_ALERTS_KEPT, sizeof(*alerts.items)) };
	struct ctl_state state;
	int code;

	if (!alerts.items) {
		ctl_complain("out of memory");
		return CTL_FAILURE;
	}
	code = ctl_state_open(&state, settings->state);
	if (!code) {
		code = show(settings, &alerts);
		ctl_state_close(&state);
	}
	free(alerts.items);
	return code;
}
