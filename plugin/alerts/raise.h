/* SPDX-License-Identifier: MIT */
/* raise.h: what every rule over flows and interfaces works with, and how one raises an alert. */
#ifndef KIDOS_ALERTS_RAISE_H
#define KIDOS_ALERTS_RAISE_H

#include "alerts/exempt.h"
#include "alerts/settings.h"
#include "context.h"
#include "core/privacy.h"

/* The same for all rules; what it points to outlives them. */
struct kidos_rules_base {
	struct kidos_context *context;
	const struct kidos_alert_settings *settings;
	const struct kidos_exempts *exempts;
	struct kidos_privacy privacy;
	uint64_t seed; /* of hashes; nobody else knows it */
	uint64_t *unjudged; /* flows and sources for which a rule had no room, since the start */
};

/* What was observed of a slot's interface. flow: NULL, or as in struct kidos_alert_event. */
struct kidos_observed {
	enum kidos_alert_kind kind;
	enum kidos_severity severity; /* 0: that of its kind */
	unsigned int slot;
	double value, threshold;
	const struct kidos_flow_key *flow; /* raw: it may be exempt */
	const char *subject; /* of what kidos_privacy_flow leaves */
	bool renews; /* starts nothing, whatever the value */
	bool judged; /* value and threshold were compared already, in another way */
};

#define KIDOS_RULE_SOURCE (KIDOS_META_IPV4 | KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT)

/* A flow of a scan, as rules get it that count by source. */
struct kidos_rule_flow {
	struct kidos_flow_seen seen; /* without what is valid during the scan's call only */
	struct kidos_flow_key key;
	uint64_t source; /* hash of its source on its interface */
};

/*
 * Starts or renews an alert where the value is the threshold or more; down to
 * the part of it that the kind's row keeps, only renews. Under the context's lock.
 */
void kidos_rule_observe(const struct kidos_rules_base *base, const struct kidos_observed *observed);

#endif
