/* SPDX-License-Identifier: MIT */
#include "msg.h"

#include <libmnl/libmnl.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void put_address(struct nlmsghdr *nlh, uint16_t type, const struct kn_prefix *addr)
{
	if (addr->family)
		mnl_attr_put(nlh, type, addr->family == AF_INET6 ? 16 : 4, addr->bytes);
}

static struct nlmsghdr *route_message(void *buf, uint16_t type, uint16_t flags,
				      const struct kn_route_spec *route)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = route->to.family;
	rtm->rtm_dst_len = route->to.len;
	rtm->rtm_table = route->table < 256 ? route->table : RT_TABLE_UNSPEC;
	rtm->rtm_protocol = route->protocol ? route->protocol : RTPROT_STATIC;
	rtm->rtm_scope = route->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	mnl_attr_put_u32(nlh, RTA_TABLE, route->table);
	if (route->to.len)
		put_address(nlh, RTA_DST, &route->to);
	put_address(nlh, RTA_GATEWAY, &route->via);
	put_address(nlh, RTA_PREFSRC, &route->source);
	if (route->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, route->oif);
	if (route->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, route->metric);
	return nlh;
}

struct nlmsghdr *kn_msg_route_new(void *buf, const struct kn_route_spec *route)
{
	return route_message(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

struct nlmsghdr *kn_msg_route_replace(void *buf, const struct kn_route_spec *route)
{
	return route_message(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
}

struct nlmsghdr *kn_msg_route_del(void *buf, const struct kn_route_spec *route)
{
	return route_message(buf, RTM_DELROUTE, 0, route);
}

struct nlmsghdr *kn_msg_route_dump(void *buf, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = family;
	return nlh;
}

struct nlmsghdr *kn_msg_route_get(void *buf, const struct kn_prefix *to, bool whole)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = to->family;
	rtm->rtm_dst_len = to->len;
	rtm->rtm_flags = whole ? RTM_F_FIB_MATCH : 0;
	put_address(nlh, RTA_DST, to);
	return nlh;
}

struct nlmsghdr *kn_msg_nexthop_dump(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_GETNEXTHOP;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nhmsg));
	return nlh;
}
