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

/* A list of links under way: what the callbacks of a dump are handed. */
struct kidos_reading {
	struct kidos_links before; /* of tries that were interrupted */
	struct kidos_links now;
	int error;
};

struct nlmsghdr *kidos_dump_request(void *buffer, uint16_t type, size_t body);
/* A link more, all zeros; NULL without memory. */
struct kidos_link *kidos_reading_add(struct kidos_reading *reading);
/*
 * Where links come and go all the time no try may be whole. Then what any of
 * them saw is the answer: links that stay are in it, and those that went
 * meanwhile are an event of their own. 0 or -errno.
 */
int kidos_links_dump(struct kidos_rtnl *rtnl, struct nlmsghdr *message, mnl_cb_t each,
		     struct kidos_links *links);

/* struct rtnl_link_stats64 into the link's counters. */
void kidos_counters_take(const struct nlattr *attribute, struct kidos_link *link);
/* Adds what the root qdiscs of these links count. 0 or -errno. */
int kidos_rtnl_qdiscs(struct kidos_rtnl *rtnl, struct kidos_links *links);

/* A netlink socket with SOCK_* flags for these groups: a long-lived descriptor, or -errno. */
int kidos_netlink_open(int flags, unsigned int groups);
/* Opens the socket for events of links, without waiting for them; NULL with errno. */
struct mnl_socket *kidos_events_open(void);

#endif
