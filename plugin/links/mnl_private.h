/* SPDX-License-Identifier: MIT */
/* mnl_private.h: the sockets behind mnl_links.h, for the files that implement it. */
#ifndef KIDOS_LINKS_MNL_PRIVATE_H
#define KIDOS_LINKS_MNL_PRIVATE_H

#include "links/mnl_links.h"
#include "links/routes.h"
#include "netlink/talk.h"

#define KIDOS_TOUCHED_MAX 64

struct kidos_rtnl {
	struct kn_talk *talk; /* requests and their answers */
	struct mnl_socket *events; /* and for ioctls, which every socket takes */
	bool follows_routes;
	bool routes_stale; /* to be dumped: at first, and when an event was lost */
	struct kidos_routes routes;
	unsigned int touched[KIDOS_TOUCHED_MAX]; /* links that events were of */
	size_t touched_count; /* more than fit: any link may be among them */
};

/* A netlink socket with SOCK_* flags for these groups: a long-lived descriptor, or -errno. */
int kidos_netlink_open(int flags, unsigned int groups);
/* Opens the socket for events of links, without waiting for them; NULL with errno. */
struct mnl_socket *kidos_events_open(void);

#endif
