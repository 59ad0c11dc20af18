/* SPDX-License-Identifier: MIT */
#include "uplink_route.h"
#include "uplink_nexthop.h"

#include <libmnl/libmnl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static uint32_t number(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = find(nlh, type);

	return attr && mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

uint32_t kn_route_object(const struct nlmsghdr *nlh)
{
	return number(nlh, RTA_NH_ID);
}

void kn_route_paths(const struct nlmsghdr *nlh, kn_each_path *each, void *data)
{
	const struct nlattr *attr = find(nlh, RTA_MULTIPATH);
	struct kn_path path = { .attrs = mnl_nlmsg_get_payload_offset(nlh, sizeof(struct rtmsg)) };
	const struct rtnexthop *hop;
	int left;

	path.len = mnl_nlmsg_get_payload_len(nlh) - MNL_ALIGN(sizeof(struct rtmsg));
	if (kn_route_object(nlh) || !attr) {
		path.ifindex = kn_route_object(nlh) ? 0 : (int)number(nlh, RTA_OIF);
		each(&path, data);
		return;
	}
	hop = mnl_attr_get_payload(attr);
	left = mnl_attr_get_payload_len(attr);
	while (kn_hop_ok(hop, left)) {
		path.ifindex = hop->rtnh_ifindex;
		path.hop = hop;
		path.attrs = RTNH_DATA(hop);
		path.len = hop->rtnh_len - RTNH_LENGTH(0);
		each(&path, data);
		left -= RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

struct by {
	int ifindex;
	bool found;
};

static void is_by(const struct kn_path *path, void *data)
{
	struct by *by = data;

	if (path->ifindex == by->ifindex)
		by->found = true;
}

bool kn_route_uses(const struct nlmsghdr *nlh, const struct kn_uses *uses)
{
	struct by by = { .ifindex = uses->ifindex };
	uint32_t object = kn_route_object(nlh);

	if (object)
		return uses->nexthops && kn_nexthop_saved(uses->nexthops, object);
	kn_route_paths(nlh, is_by, &by);
	return by.found;
}

/* --- and again --- */

struct again {
	struct nlmsghdr *nlh;
	int from, to;
};

static void put_path(const struct kn_path *path, void *data)
{
	struct again *again = data;
	struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(again->nlh);

	memcpy(hop, path->hop, path->hop->rtnh_len);
	memset((char *)hop + hop->rtnh_len, 0, RTNH_ALIGN(hop->rtnh_len) - hop->rtnh_len);
	if (hop->rtnh_ifindex == again->from)
		hop->rtnh_ifindex = again->to;
	hop->rtnh_flags &= RTNH_F_ONLINK;
	again->nlh->nlmsg_len += RTNH_ALIGN(hop->rtnh_len);
}

/* Flags of paths are state, which the kernel refuses, and it refuses paths beside a nexthop object.
 */
static void put_paths(struct again *again, const struct nlmsghdr *saved, const struct kn_path *only)
{
	struct nlattr *nest = mnl_attr_nest_start(again->nlh, RTA_MULTIPATH);

	if (only)
		put_path(only, again);
	else
		kn_route_paths(saved, put_path, again);
	mnl_attr_nest_end(again->nlh, nest);
	nest->nla_type = RTA_MULTIPATH;
}

/* IPv6: the rest of a router advertisement's lifetime is dumped in clock ticks and set in seconds.
 */
static void put_lifetime(struct nlmsghdr *nlh, const struct nlattr *attr)
{
	const struct rta_cacheinfo *info = mnl_attr_get_payload(attr);
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	long ticks = sysconf(_SC_CLK_TCK);

	if (rtm->rtm_family != AF_INET6 || mnl_attr_get_payload_len(attr) < sizeof(*info) ||
	    info->rta_expires <= 0)
		return;
	mnl_attr_put_u32(nlh, RTA_EXPIRES, (uint32_t)(info->rta_expires / ticks) + 1);
}

static void put_attr(struct again *again, const struct nlmsghdr *saved, const struct nlattr *attr,
		     const struct kn_path *only)
{
	uint16_t type = mnl_attr_get_type(attr);
	bool of_path =
		type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH;
	int ifindex;

	if ((of_path && kn_route_object(saved)) || attr != find(saved, type))
		return;
	if (type == RTA_CACHEINFO)
		return put_lifetime(again->nlh, attr);
	if (type == RTA_MULTIPATH)
		return put_paths(again, saved, only);
	if (type != RTA_OIF) {
		mnl_attr_put(again->nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
			     mnl_attr_get_payload(attr));
		return;
	}
	ifindex = (int)number(saved, RTA_OIF);
	mnl_attr_put_u32(again->nlh, RTA_OIF,
			 (uint32_t)(ifindex == again->from ? again->to : ifindex));
}

struct nlmsghdr *kn_route_again(void *buf, const struct nlmsghdr *saved, int from, int to,
				const struct kn_path *only)
{
	struct again again = { mnl_nlmsg_put_header(buf), from, to };
	const struct nlattr *attr;
	struct rtmsg *rtm;

	again.nlh->nlmsg_type = RTM_NEWROUTE;
	/* NLM_F_APPEND: routes that others have set meanwhile are not replaced. */
	again.nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND;
	rtm = mnl_nlmsg_put_extra_header(again.nlh, sizeof(*rtm));
	memcpy(rtm, mnl_nlmsg_get_payload(saved), sizeof(*rtm));
	rtm->rtm_flags &= RTNH_F_ONLINK; /* the rest is state, which the kernel refuses */
	mnl_attr_for_each (attr, saved, sizeof(*rtm))
		put_attr(&again, saved, attr, only);
	return again.nlh;
}
