/* SPDX-License-Identifier: MIT */
/* rules.h: all rules over flows and interfaces, at work in each poll; under the context's lock. */
#ifndef KIDOS_ALERTS_RULES_H
#define KIDOS_ALERTS_RULES_H

#include "alerts/raise.h"
#include "collector.h"

struct kidos_alert_rules;

/* What they take at most. slots: of the memory plan. */
uint64_t kidos_alert_rules_bytes(const struct kidos_alert_settings *settings, unsigned int slots);

/* Once context->meta is known. exempts outlive them. NULL without memory. */
struct kidos_alert_rules *kidos_alert_rules_new(struct kidos_context *context,
						const struct kidos_alert_settings *settings,
						const struct kidos_exempts *exempts);
void kidos_alert_rules_free(struct kidos_alert_rules *rules); /* accepts NULL */

/* A scan of flows begins (now: kidos time units); each of its flows. */
void kidos_alert_rules_begin(struct kidos_alert_rules *rules, uint32_t now);
void kidos_alert_rules_see(struct kidos_alert_rules *rules, const struct kidos_flow_seen *seen);

/* After the scan; sends values of their own too. judging: else they only count what is paid for. */
void kidos_alert_rules_poll(struct kidos_alert_rules *rules, const struct kidos_poll *poll,
			    bool judging);

/* Flows and sources that a rule had no room for. */
uint64_t kidos_alert_rules_unjudged(const struct kidos_alert_rules *rules);

#endif
