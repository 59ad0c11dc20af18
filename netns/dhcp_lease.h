/* SPDX-License-Identifier: MIT */
#ifndef KN_DHCP_LEASE_H
#define KN_DHCP_LEASE_H

/* A lease as the clients hand it to their script: in the environment, under names of their own.
 * It comes from whoever answered on the wire, so every value is parsed and none is passed on raw.
 */
#include "netlink/err.h"
#include "msg.h"
#include "netlink/talk.h"

#define KN_LEASE_ROUTES 64

struct kn_lease {
	struct kn_prefix addr; /* family 0: none, the lease is lost */
	/* Classless static routes (RFC 3442) or else the router's. Without via: on the link. */
	struct kn_lease_route {
		struct kn_prefix to, via;
	} routes[KN_LEASE_ROUTES];
	size_t n_routes;
	char *resolv; /* text of a resolv.conf, allocated; NULL: no nameserver in it */
};

enum kn_dhcp_dialect {
	KN_UDHCPC,
	KN_DHCLIENT,
};

/* Reads the environment; -EINVAL without an address and mask. The caller frees resolv. */
int kn_lease_read(enum kn_dhcp_dialect dialect, struct kn_lease *lease, struct kn_err *err);

/* Makes the lease's address the only IPv4 one of the link, and its routes the only ones there whose
 * protocol is dhcp. A lease without an address takes all of them away.
 */
int kn_lease_apply(struct kn_talk *talk, int ifindex, const struct kn_lease *lease,
		   struct kn_err *err);

#endif
