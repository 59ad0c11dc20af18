/* SPDX-License-Identifier: MIT */
/*
 * tries.h: who tries many ports, many hosts, or one port again and again:
 * port_scan, host_sweep, syn_flood, repeated_flow.
 *
 * Each scan of the flow table begins anew: the table itself is the memory of
 * the window. A first count by hash, in cells of fixed number, finds who may
 * have done too much; those are suspects, and of theirs alone each flow is
 * taken by itself. So a million forged sources fill no memory. What had no
 * room is counted as unjudged.
 */
#ifndef KIDOS_ALERTS_TRIES_H
#define KIDOS_ALERTS_TRIES_H

#include "alerts/raise.h"

struct kidos_tries;

/* What it takes at most. */
uint64_t kidos_tries_bytes(const struct kidos_alert_settings *settings);

/* NULL without memory. All under the context's lock. */
struct kidos_tries *kidos_tries_new(const struct kidos_rules_base *base);
void kidos_tries_free(struct kidos_tries *tries); /* accepts NULL */

/* A scan begins; each of its flows; it is over. */
void kidos_tries_begin(struct kidos_tries *tries);
void kidos_tries_fetch(const struct kidos_tries *tries, uint64_t source); /* into the cache */
void kidos_tries_see(struct kidos_tries *tries, const struct kidos_rule_flow *flow);
void kidos_tries_judge(struct kidos_tries *tries);

#endif
