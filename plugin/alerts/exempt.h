/* SPDX-License-Identifier: MIT */
/* exempt.h: what raises no alert: prefixes, ports, interfaces, protocols; of all kinds or of one.
 */
#ifndef KIDOS_ALERTS_EXEMPT_H
#define KIDOS_ALERTS_EXEMPT_H

#include "core/alert.h"
#include "core/config.h"
#include "core/prefix.h"

#define KIDOS_EXEMPT_MAX 64

struct kidos_exempt {
	enum kidos_alert_kind kind; /* KIDOS_ALERT_KINDS: any */
	enum {
		KIDOS_EXEMPT_PREFIX,
		KIDOS_EXEMPT_PORT,
		KIDOS_EXEMPT_INTERFACE,
		KIDOS_EXEMPT_PROTOCOL
	} type;
	struct kidos_prefix prefix;
	uint64_t least, most; /* ports, or the protocol's number twice */
	char interface[KIDOS_ALERT_INSTANCE];
};

struct kidos_exempts {
	struct kidos_exempt items[KIDOS_EXEMPT_MAX];
	size_t count;
};

/*
 * "10.0.0.0/8", "port 53", "port 33434-33523", "interface eth0", "protocol ospf" or "protocol 89";
 * before it the name of a kind, if it is for that alone. False for anything else.
 */
bool kidos_exempt_parse(const char *text, struct kidos_exempt *exempt);

/* texts: as kidos_exempt_parse takes them. */
void kidos_exempts_read(struct kidos_exempts *exempts, const struct kidos_strings *texts);

/*
 * Is a flow (meta 0: none) exempt from this kind, by its addresses, ports and
 * protocol? Of kinds about who sends, the source counts; of syn_flood the
 * destination; else both.
 */
bool kidos_exempts_flow(const struct kidos_exempts *exempts, enum kidos_alert_kind kind,
			const struct kidos_flow_key *flow);

/* ... or its interface? */
bool kidos_exempts_event(const struct kidos_exempts *exempts,
			 const struct kidos_alert_event *event);

#endif
