/* SPDX-License-Identifier: MIT */
#include "connects/event.h"
#include "core/now.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void begin(enum kidos_alert_kind kind, struct kidos_alert_event *event)
{
	*event =
		(struct kidos_alert_event){ .time_ns = kidos_now_ns(CLOCK_BOOTTIME), .kind = kind };
	snprintf(event->instance, sizeof(event->instance), "connects");
}

void kidos_connect_event_failures(const struct kidos_connect_series *series, bool command,
				  double percent, double threshold, struct kidos_alert_event *event)
{
	begin(KIDOS_ALERT_CONNECT_FAILURES, event);
	event->observed = percent;
	event->threshold = threshold;
	snprintf(event->subject, sizeof(event->subject), "%s", series->raw);
	if (command)
		memcpy(event->command, series->raw, sizeof(event->command));
}

static void set_flow(struct kidos_flow_key *flow, unsigned int protocol, bool ipv4,
		     const struct kidos_privacy *privacy)
{
	kidos_privacy_ends(privacy, ipv4, &flow->src, &flow->dst);
	flow->meta = protocol << KIDOS_META_PROTOCOL_SHIFT | (ipv4 ? KIDOS_META_IPV4 : 0);
}

void kidos_connect_event_fanout(const struct kidos_fanout_found *found, double threshold,
				const struct kidos_privacy *privacy,
				struct kidos_alert_event *event)
{
	const struct kidos_connect_record *newest = &found->newest;

	begin(KIDOS_ALERT_FANOUT, event);
	event->observed = (double)found->addresses;
	event->threshold = threshold;
	event->pid = found->tgid;
	memcpy(event->command, found->comm, sizeof(event->command));
	kidos_privacy_command(privacy, event->command, sizeof(event->command));
	snprintf(event->subject, sizeof(event->subject), "%.*s[%u]", KIDOS_COMM,
		 *event->command ? event->command : "-",
		 found->tgid ? found->tgid : newest->tgid_initial);
	event->flow.src = newest->src;
	event->flow.dst = newest->dst;
	event->flow.sport = newest->sport;
	event->flow.dport = newest->dport;
	set_flow(&event->flow, newest->protocol & 0xff, newest->family == AF_INET, privacy);
}

void kidos_connect_event_listener(const struct kidos_connect_socket *socket, const char *name,
				  const struct kidos_privacy *privacy,
				  struct kidos_alert_event *event)
{
	begin(KIDOS_ALERT_NEW_LISTENER, event);
	event->observed = 1;
	event->pid = socket->tgid;
	memcpy(event->command, socket->owner.comm, sizeof(event->command));
	kidos_privacy_command(privacy, event->command, sizeof(event->command));
	snprintf(event->subject, sizeof(event->subject), "%s", name);
	event->flow.src = socket->src;
	event->flow.dst = socket->dst;
	event->flow.sport = socket->sport;
	set_flow(&event->flow, IPPROTO_TCP, socket->family == AF_INET, privacy);
}
