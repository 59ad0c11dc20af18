/* SPDX-License-Identifier: MIT */
#ifndef KN_PROBE_NET_H
#define KN_PROBE_NET_H

#include "nets.h"

/* Asks the network itself, from inside a namespace. Both return 0 for an answer, -errno else. */

/* ICMP echo (RFC 792, RFC 4443): two tries of a second. */
int kn_ping(struct kn_nets *nets, const struct kn_ns *ns, const struct kn_prefix *to,
	    struct kn_err *err);

/* A query for an IPv4 address (RFC 1035) to the namespace's first nameserver. */
int kn_resolve(struct kn_nets *nets, const struct kn_ns *ns, const char *name, struct kn_err *err);

#endif
