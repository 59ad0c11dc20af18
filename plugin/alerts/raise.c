/* SPDX-License-Identifier: MIT */
#include "alerts/raise.h"
#include "core/flow_key.h"
#include "core/now.h"
#include "links/rule.h"

#include <stdio.h>

/* Is it enough for an active key to last? */
static bool keeps(const struct kidos_observed *observed)
{
	unsigned int keep = kidos_alert_kinds[observed->kind].keep;

	return observed->judged ||
	       observed->value * 100 >= observed->threshold * (keep ? keep : 100);
}

void kidos_rule_observe(const struct kidos_rules_base *base, const struct kidos_observed *observed)
{
	const struct kidos_context *context = base->context;
	struct kidos_alert_event event = {
		.kind = observed->kind,
		.severity = observed->severity,
		.renews = observed->renews ||
			  (!observed->judged && observed->value < observed->threshold),
		.observed = observed->value,
		.threshold = observed->threshold,
	};

	if (!keeps(observed))
		return;
	event.time_ns = kidos_now_ns(CLOCK_BOOTTIME);
	if (observed->flow)
		event.flow = *observed->flow;
	kidos_port_name(context->reserved, &context->slots[observed->slot], event.instance,
			sizeof(event.instance));
	snprintf(event.subject, sizeof(event.subject), "%s", observed->subject);
	kidos_sinks_give(&context->sinks[KIDOS_SINK_ALERT_EVENT], &event);
}
