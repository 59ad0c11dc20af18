/* SPDX-License-Identifier: MIT */
/*
 * protocols.h: unusual_protocol: packets of a protocol over IP that hosts seldom speak. TCP, UDP,
 * ICMP, ICMPv6, IGMP, GRE, ESP and AH are ordinary.
 */
#ifndef KIDOS_ALERTS_PROTOCOLS_H
#define KIDOS_ALERTS_PROTOCOLS_H

#include "alerts/raise.h"

struct kidos_protocols;

uint64_t kidos_protocols_bytes(void);
struct kidos_protocols *kidos_protocols_new(const struct kidos_rules_base *base);
void kidos_protocols_free(struct kidos_protocols *protocols); /* accepts NULL */

/* Under the context's lock. */
void kidos_protocols_see(struct kidos_protocols *protocols, const struct kidos_flow_seen *seen);
void kidos_protocols_judge(struct kidos_protocols *protocols);

#endif
