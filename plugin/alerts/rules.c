/* SPDX-License-Identifier: MIT */
#include "alerts/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const kidos_severity_names[] = { "OKAY", "WARNING", "FAILURE" };

const struct kidos_alert_rule kidos_alert_rules[KIDOS_ALERT_KINDS] = {
    [KIDOS_ALERT_DROP_SHARE] =
	{
	    .name = "drop_share",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .threshold = 1,
	    .least = 1000,
	    .hold = 1,
	    .wording = "{observed} % of packets dropped, {threshold} % are allowed",
	},
    [KIDOS_ALERT_NEW_DROP_REASON] =
	{
	    .name = "new_drop_reason",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .source = KIDOS_ALERT_DROP_REASON,
	    .hold = 1,
	    .wording = "packets are dropped for a new reason, {subject}",
	},
};

int kidos_alert_kind_of(const void *record, size_t size, enum kidos_alert_kind *kind)
{
	struct kidos_alert_record head;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, record, sizeof(head));
	if (head.size != sizeof(head))
		return -EPROTO;
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++)
		if (head.source && kidos_alert_rules[i].source == head.source) {
			*kind = (enum kidos_alert_kind)i;
			return 0;
		}
	return -EPROTO;
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
			 struct kidos_alert *alert)
{
	*alert = (struct kidos_alert){
		.time_ns = drop->time,
		.kind = KIDOS_ALERT_NEW_DROP_REASON,
		.observed = 1,
		.threshold = kidos_alert_rules[KIDOS_ALERT_NEW_DROP_REASON].threshold,
	};
	flow_of_drop(drop, &alert->flow);
	snprintf(alert->instance, sizeof(alert->instance), "drops");
	snprintf(alert->subject, sizeof(alert->subject), "%s", reason);
	if (has_owner(drop)) {
		alert->pid = drop->tgid;
		memcpy(alert->command, drop->comm, sizeof(alert->command));
	}
}

bool kidos_share_add(struct kidos_share *share, uint64_t part, uint64_t whole, uint64_t now_ns,
		     uint64_t window_ns, uint64_t least, double *percent)
{
	if (!share->since_ns || now_ns - share->since_ns > window_ns)
		*share = (struct kidos_share){ .since_ns = now_ns };
	share->part += part;
	share->whole += whole;
	if (share->whole < least || !share->whole)
		return false;
	*percent = 100.0 * (double)share->part / (double)share->whole;
	if (*percent > 100) /* parts that never got as far as being counted */
		*percent = 100;
	*share = (struct kidos_share){};
	return true;
}
