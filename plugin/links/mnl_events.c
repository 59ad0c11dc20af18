/* SPDX-License-Identifier: MIT */
/*
 * mnl_events.c: that links have changed, and with them the default routes. A
 * full table of routes is dumped once, not at each change of it.
 */
#include "links/mnl_private.h"
#include "netlink/nexthop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENT_BUFFER 32768
#define RECEIVE_BUFFER (1 << 20) /* bytes; the usual 208 KB are some 80 changes of links */

struct mnl_socket *kidos_events_open(void)
{
	int fd = kidos_netlink_open(SOCK_NONBLOCK, RTMGRP_LINK), size = RECEIVE_BUFFER;
	struct mnl_socket *socket;

	errno = fd < 0 ? -fd : 0;
	socket = fd < 0 ? NULL : mnl_socket_fdopen(fd);
	if (socket)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	else if (fd >= 0)
		close(fd);
	return socket;
}

/* Of routes, default ones alone wake us: a table of a million may change all the time. */
static int filter_routes(struct mnl_socket *socket)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program))
		       ? -errno
		       : 0;
}

static int follow_routes(struct kidos_rtnl *rtnl)
{
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP };
	int error = filter_routes(rtnl->events);

	for (size_t i = 0; !error && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (mnl_socket_setsockopt(rtnl->events, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])))
			error = -errno;
	/* After the groups were joined, so that no change is missed. */
	rtnl->follows_routes = rtnl->routes_stale = !error;
	return error;
}

int kidos_rtnl_event_fd(const struct kidos_rtnl *rtnl)
{
	return mnl_socket_get_fd(rtnl->events);
}

static void touch(struct kidos_rtnl *rtnl, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    kidos_rtnl_touched(rtnl, (unsigned int)header->ifi_index))
		return;
	if (rtnl->touched_count < KIDOS_TOUCHED_MAX)
		rtnl->touched[rtnl->touched_count] = (unsigned int)header->ifi_index;
	rtnl->touched_count++;
}

bool kidos_rtnl_touched(const struct kidos_rtnl *rtnl, unsigned int ifindex)
{
	if (rtnl->touched_count > KIDOS_TOUCHED_MAX)
		return true;
	for (size_t i = 0; i < rtnl->touched_count; i++)
		if (rtnl->touched[i] == ifindex)
			return true;
	return false;
}

void kidos_rtnl_touched_clear(struct kidos_rtnl *rtnl)
{
	rtnl->touched_count = 0;
}

static void link_gone(struct kidos_rtnl *rtnl, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	/* AF_BRIDGE: it has left a bridge. */
	if (mnl_nlmsg_get_payload_len(message) >= sizeof(*header) &&
	    header->ifi_family == AF_UNSPEC)
		kidos_routes_drop_link(&rtnl->routes, (unsigned int)header->ifi_index);
}

/* True if what is followed may have changed. */
static bool take_event(struct kidos_rtnl *rtnl, const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return kidos_routes_take(&rtnl->routes, message);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return kidos_routes_have_objects(&rtnl->routes);
	case RTM_DELLINK:
		link_gone(rtnl, message);
		return true;
	case RTM_NEWLINK:
		touch(rtnl, message);
		return true;
	default:
		return true;
	}
}

static bool take_datagram(struct kidos_rtnl *rtnl, const char *buffer, int left)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	bool any = false;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		any = take_event(rtnl, message) || any;
	return any;
}

bool kidos_rtnl_take_events(struct kidos_rtnl *rtnl)
{
	_Alignas(struct nlmsghdr) char buffer[EVENT_BUFFER];
	bool any = false;
	ssize_t got;

	for (;;) {
		got = mnl_socket_recvfrom(rtnl->events, buffer, sizeof(buffer));
		if (got > 0) {
			any = take_datagram(rtnl, buffer, (int)got) || any;
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		/* One was lost, or cut: a change like any other, and maybe of a route. */
		if (got == 0 || (errno != ENOBUFS && errno != ENOSPC))
			return any;
		rtnl->routes_stale = rtnl->follows_routes;
		rtnl->touched_count = KIDOS_TOUCHED_MAX + 1;
		any = true;
	}
}

static void routes_begin(void *context)
{
	kidos_routes_clear(context);
}

static int each_route(const struct nlmsghdr *message, void *context)
{
	kidos_routes_take(context, message);
	return MNL_CB_OK;
}

static int dump_routes(struct kidos_rtnl *rtnl)
{
	struct kn_dump each = { routes_begin, each_route, &rtnl->routes };
	char buffer[256];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct kn_err err;
	int error;

	/* Both families at once: an interrupted dump begins with neither. */
	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));
	error = kn_talk_dump(rtnl->talk, message, &each, &err);
	if (!error && rtnl->routes.failed)
		error = -ENOMEM;
	rtnl->routes_stale = error;
	return error;
}

static void mark(unsigned int ifindex, void *context)
{
	struct kidos_links *links = context;

	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].ifindex == ifindex)
			links->items[i].default_route = true;
}

static int routes_current(struct kidos_rtnl *rtnl)
{
	int error = rtnl->follows_routes ? 0 : follow_routes(rtnl);

	if (!error && (rtnl->routes_stale || rtnl->routes.failed))
		error = dump_routes(rtnl);
	return error;
}

int kidos_rtnl_default_routes(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	int error = routes_current(rtnl);
	struct kn_err err;

	for (size_t i = 0; !error && i < rtnl->routes.count; i++) {
		const struct kidos_route *route = &rtnl->routes.items[i];

		if (!route->nexthop)
			mark(route->ifindex, links);
		else
			error = kn_nexthop_oifs(rtnl->talk, route->nexthop, mark, links, &err);
		/* IPv4 routes go silently with their object. */
		if (error == -ENOENT)
			error = 0;
	}
	return error;
}
