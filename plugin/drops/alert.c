/* SPDX-License-Identifier: MIT */
#include "drops/alert.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int kidos_drop_alert_check(const void *record, size_t size)
{
	struct kidos_alert_record head;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, record, sizeof(head));
	return head.size == sizeof(head) && head.source == KIDOS_ALERT_DROP_REASON ? 0 : -EPROTO;
}

static void flow_of_drop(const struct kidos_drop_record *drop, struct kidos_flow_key *flow)
{
	*flow = (struct kidos_flow_key){};
	if (!drop->family)
		return;
	flow->src = drop->src;
	flow->dst = drop->dst;
	flow->sport = drop->sport;
	flow->dport = drop->dport;
	flow->meta = (__u32)drop->protocol << KIDOS_META_PROTOCOL_SHIFT |
		     (drop->family == 4 ? KIDOS_META_IPV4 : 0);
}

/* A bystander is not whose packet it was. */
static bool has_owner(const struct kidos_drop_record *drop)
{
	return drop->owner == KIDOS_OWNER_SOCKET;
}

void kidos_alert_of_drop(const struct kidos_drop_record *drop, const char *reason,
			 struct kidos_alert_event *event)
{
	*event = (struct kidos_alert_event){
		.time_ns = drop->time,
		.kind = KIDOS_ALERT_NEW_DROP_REASON,
		.observed = 1,
	};
	flow_of_drop(drop, &event->flow);
	snprintf(event->instance, sizeof(event->instance), "drops");
	snprintf(event->subject, sizeof(event->subject), "%s", reason);
	if (has_owner(drop)) {
		event->pid = drop->tgid;
		memcpy(event->command, drop->comm, sizeof(event->command));
	}
}
