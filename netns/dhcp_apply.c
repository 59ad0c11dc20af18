/* SPDX-License-Identifier: MIT */
#include "dhcp_lease.h"
#include "nets.h"
#include "read.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct others {
	int ifindex;
	const struct kn_prefix *except;
	struct kn_prefix found[16];
	size_t n;
	bool has_except;
};

static void begin_addresses(void *data)
{
	struct others *others = data;

	others->n = 0;
	others->has_except = false;
}

static int each_address(const struct nlmsghdr *nlh, void *data)
{
	struct others *others = data;
	struct kn_addr_info info;

	if (kn_read_addr(nlh, &info) || info.ifindex != others->ifindex ||
	    info.addr.family != AF_INET)
		return MNL_CB_OK;
	if (others->except && info.addr.len == others->except->len &&
	    memcmp(info.addr.bytes, others->except->bytes, 4) == 0)
		others->has_except = true;
	else if (others->n < sizeof(others->found) / sizeof(others->found[0]))
		others->found[others->n++] = info.addr;
	return MNL_CB_OK;
}

/* Removes the link's IPv4 addresses but for one, and adds that one if it is missing. */
static int set_address(struct kn_talk *talk, int ifindex, const struct kn_prefix *addr,
		       struct kn_err *err)
{
	struct others others = { .ifindex = ifindex, .except = addr };
	struct kn_dump dump = { begin_addresses, each_address, &others };
	char buf[KN_MSG_SIZE];
	int code = kn_talk_dump(talk, kn_msg_addr_dump(buf, ifindex), &dump, err);

	for (size_t i = 0; i < others.n && !code; i++) {
		code = kn_talk_do(talk, kn_msg_addr_del(buf, ifindex, &others.found[i]), err);
		code = kn_is_gone(code) ? 0 : code;
	}
	if (!code && addr && !others.has_except)
		code = kn_talk_do(talk, kn_msg_addr_new(buf, ifindex, addr, 0), err);
	return code;
}

/* --- routes --- */

struct stale {
	int ifindex;
	const struct kn_lease *lease;
	struct kn_route_spec found[2 * KN_LEASE_ROUTES];
	size_t n;
};

static bool same(const struct kn_prefix *a, const struct kn_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       (!a->family || memcmp(a->bytes, b->bytes, 4) == 0);
}

/* Of the lease, or the way to a router of it that is beyond the address's prefix. */
static bool is_wanted(const struct kn_lease *lease, const struct kn_route_spec *route)
{
	for (size_t i = 0; i < lease->n_routes; i++) {
		const struct kn_lease_route *want = &lease->routes[i];

		if (same(&want->to, &route->to) && same(&want->via, &route->via))
			return true;
		if (same(&want->via, &route->to) && !route->via.family)
			return true;
	}
	return false;
}

static void begin_routes(void *data)
{
	struct stale *stale = data;

	stale->n = 0;
}

static int each_route(const struct nlmsghdr *nlh, void *data)
{
	struct stale *stale = data;
	struct kn_route_info info;

	if (kn_read_route(nlh, &info) || info.protocol != RTPROT_DHCP ||
	    info.route.oif != stale->ifindex || info.route.table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	info.route.protocol = RTPROT_DHCP;
	info.route.to.family = AF_INET; /* also where there is no destination */
	info.route.via.len = info.route.via.family ? 32 : 0;
	if (!is_wanted(stale->lease, &info.route) &&
	    stale->n < sizeof(stale->found) / sizeof(stale->found[0]))
		stale->found[stale->n++] = info.route;
	return MNL_CB_OK;
}

static int remove_stale(struct kn_talk *talk, int ifindex, const struct kn_lease *lease,
			struct kn_err *err)
{
	struct stale stale = { .ifindex = ifindex, .lease = lease };
	struct kn_dump dump = { begin_routes, each_route, &stale };
	char buf[KN_MSG_SIZE];
	int code = kn_talk_dump(talk, kn_msg_route_dump(buf, AF_INET), &dump, err);

	for (size_t i = 0; i < stale.n && !code; i++) {
		code = kn_talk_do(talk, kn_msg_route_del(buf, &stale.found[i]), err);
		code = code == -ESRCH ? 0 : code;
	}
	return code;
}

static int add(struct kn_talk *talk, const struct kn_route_spec *route, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	int code = kn_talk_do(talk, kn_msg_route_new(buf, route), err);

	return code == -EEXIST ? 0 : code;
}

/* A router beyond the prefix (as clouds like it) is reached by a route of its own. */
static int add_by_way(struct kn_talk *talk, const struct kn_route_spec *route, struct kn_err *err)
{
	struct kn_route_spec way = *route;
	int code = add(talk, route, err);

	if (code != -ENETUNREACH || !route->via.family)
		return code;
	way.to = route->via;
	way.via.family = 0;
	code = add(talk, &way, err);
	return code ? code : add(talk, route, err);
}

static int set_routes(struct kn_talk *talk, int ifindex, const struct kn_lease *lease,
		      struct kn_err *err)
{
	int code = remove_stale(talk, ifindex, lease, err);

	for (size_t i = 0; i < lease->n_routes && !code; i++)
		code = add_by_way(talk,
				  &(struct kn_route_spec){ .to = lease->routes[i].to,
							   .via = lease->routes[i].via,
							   .oif = ifindex,
							   .table = RT_TABLE_MAIN,
							   .protocol = RTPROT_DHCP },
				  err);
	return code;
}

int kn_lease_apply(struct kn_talk *talk, int ifindex, const struct kn_lease *lease,
		   struct kn_err *err)
{
	int code = set_address(talk, ifindex, lease->addr.family ? &lease->addr : NULL, err);

	return code ? code : set_routes(talk, ifindex, lease, err);
}
