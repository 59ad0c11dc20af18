/* SPDX-License-Identifier: MIT */
#include "connects/alerts.h"
#include "connects/event.h"
#include "connects/fanout.h"
#include "connects/listeners.h"
#include "connects/recent.h"
#include "connects/sockets.h"
#include "core/log.h"
#include "core/now.h"
#include "state/learning.h"
#include "state/view.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REST 100u /* between two walks over the sockets, times what one takes: 1 % of a CPU */

struct kidos_connect_alerts {
	struct kidos_context *context;
	const struct kidos_connect_settings *settings;
	const struct kidos_connect_ignored *ignored;
	struct kidos_privacy privacy;
	struct kidos_fanout *fanout; /* NULL: not asked for */
	struct kidos_connect_rings rings; /* none before the first poll with records */
	uint64_t *last; /* sequence of each CPU's ring */
	struct kidos_port_range given;
	struct kidos_learned learned;
	bool learned_failed; /* to be saved */
	uint64_t learn_until; /* CLOCK_BOOTTIME, ns */
	uint64_t next_walk; /* CLOCK_MONOTONIC, ns */
	bool complained; /* of sockets that cannot be read */
};

struct kidos_connect_alerts *kidos_connect_alerts_new(struct kidos_context *context,
						      const struct kidos_connect_settings *settings,
						      const struct kidos_connect_ignored *ignored)
{
	struct kidos_connect_alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts)
		return NULL;
	alerts->context = context;
	alerts->settings = settings;
	alerts->ignored = ignored;
	alerts->privacy = kidos_privacy_of(context->config);
	alerts->last = calloc(context->maps.cpus, sizeof(*alerts->last));
	if (settings->fanout)
		alerts->fanout = kidos_fanout_new(settings->fanout, context->alert_window_ns);
	if (!alerts->last || (settings->fanout && !alerts->fanout)) {
		kidos_connect_alerts_free(alerts);
		return NULL;
	}
	alerts->learn_until =
		kidos_now_ns(CLOCK_BOOTTIME) +
		kidos_learning_start(&kidos_connect_ordinary, context->config->data_path,
				     settings->learn_time, &alerts->learned);
	return alerts;
}

static size_t rings_bytes(const struct kidos_connect_rings *rings)
{
	return (size_t)rings->cpus * rings->room * sizeof(*rings->records);
}

void kidos_connect_alerts_free(struct kidos_connect_alerts *alerts)
{
	if (!alerts)
		return;
	if (alerts->rings.records)
		munmap((void *)(uintptr_t)alerts->rings.records, rings_bytes(&alerts->rings));
	kidos_fanout_free(alerts->fanout);
	free(alerts->last);
	free(alerts);
}

static void give(const struct kidos_connect_alerts *alerts, const struct kidos_alert_event *event)
{
	kidos_sinks_give(&alerts->context->sinks[KIDOS_SINK_ALERT_EVENT], event);
}

static void judge_failures(struct kidos_connect_alerts *alerts, struct kidos_connect_series *series)
{
	double limit = (double)alerts->settings->fail_share, percent;
	bool command = alerts->settings->group_by == KIDOS_CONNECT_BY_COMMAND;
	struct kidos_alert_event event;

	if (!kidos_share_add(&series->failures, series->failed, series->judged,
			     kidos_now_ns(CLOCK_BOOTTIME), alerts->context->alert_window_ns,
			     kidos_alert_kinds[KIDOS_ALERT_CONNECT_FAILURES].least, &percent) ||
	    limit == 0 || percent <= limit)
		return;
	kidos_connect_event_failures(series, command && series->raw[0], percent, limit, &event);
	give(alerts, &event);
}

static void open_rings(struct kidos_connect_alerts *alerts, const struct kidos_connect_maps *maps,
		       const struct kidos_connect_state *state)
{
	const void *records = NULL;

	if (alerts->rings.records || maps->fd[KIDOS_CONNECT_MAP_RECORDS] < 0 ||
	    kidos_view(maps->fd[KIDOS_CONNECT_MAP_RECORDS], (size_t)state->cpus * state->room,
		       sizeof(struct kidos_connect_record), NULL, &records))
		return;
	alerts->rings = (struct kidos_connect_rings){ records, state->cpus, state->room };
}

static void take_record(const struct kidos_connect_record *record, void *context)
{
	const struct kidos_connect_alerts *alerts = context;

	if (!kidos_connect_is_ignored(alerts->ignored, record->owner.comm))
		kidos_fanout_add(alerts->fanout, record);
}

static void take_found(const struct kidos_fanout_found *found, void *context)
{
	const struct kidos_connect_alerts *alerts = context;
	struct kidos_alert_event event;

	kidos_connect_event_fanout(found, (double)alerts->settings->fanout, &alerts->privacy,
				   &event);
	give(alerts, &event);
}

static void judge_fanout(struct kidos_connect_alerts *alerts, const struct kidos_connect_maps *maps,
			 const struct kidos_connect_state *state)
{
	open_rings(alerts, maps, state);
	kidos_connect_recent(&alerts->rings, alerts->last, take_record, alerts);
	kidos_fanout_judge(alerts->fanout, kidos_now_ns(CLOCK_BOOTTIME), take_found, alerts);
}

static void give_listener(const struct kidos_connect_alerts *alerts,
			  const struct kidos_connect_socket *socket)
{
	struct kidos_alert_event event;
	char name[KIDOS_LEARNED_NAME];

	kidos_connect_listener_name(socket, &alerts->given, &alerts->privacy, name);
	kidos_connect_event_listener(socket, name, &alerts->privacy, &event);
	give(alerts, &event);
}

/* One that was reported is ordinary from then on: it is not new any more. */
static bool take_socket(const struct kidos_connect_socket *socket, void *context)
{
	static const struct kidos_privacy all;
	struct kidos_connect_alerts *alerts = context;
	char name[KIDOS_LEARNED_NAME];

	if (socket->state != TCP_LISTEN ||
	    kidos_connect_is_ignored(alerts->ignored, socket->owner.comm))
		return true;
	/* The file stays here: what is shown of a listener does not make it another. */
	kidos_connect_listener_name(socket, &alerts->given, &all, name);
	if (kidos_learned_has(&alerts->learned, name))
		return true;
	if (kidos_now_ns(CLOCK_BOOTTIME) >= alerts->learn_until)
		give_listener(alerts, socket);
	kidos_learned_add(&alerts->learned, name);
	return true;
}

static void judge_listeners(struct kidos_connect_alerts *alerts)
{
	const struct kidos_context *context = alerts->context;
	uint64_t start = kidos_now_ns(CLOCK_MONOTONIC);
	int error;

	if (start < alerts->next_walk)
		return;
	alerts->given = kidos_port_range_read("/proc/sys/net/ipv4/ip_local_port_range");
	error = kidos_connect_sockets_each(context->state.path, take_socket, alerts);
	if (error && !alerts->complained)
		kidos_log(LOG_WARNING, "connects: listeners are not seen: %s", strerror(-error));
	alerts->complained = error;
	alerts->next_walk = start + REST * (kidos_now_ns(CLOCK_MONOTONIC) - start);
	kidos_learning_save(context->config->data_path, alerts->settings->learn_time,
			    &alerts->learned, &alerts->learned_failed);
}

void kidos_connect_alerts_judge(struct kidos_connect_alerts *alerts,
				struct kidos_connect_tally *tally,
				const struct kidos_connect_maps *maps,
				const struct kidos_connect_state *state)
{
	for (size_t i = 0; i < tally->count; i++)
		judge_failures(alerts, &tally->series[i]);
	if (alerts->fanout)
		judge_fanout(alerts, maps, state);
	judge_listeners(alerts);
}
