/* SPDX-License-Identifier: MIT */
#include "netlink/nexthop.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

bool kn_route_is_default(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	return (nlh->nlmsg_type == RTM_NEWROUTE || nlh->nlmsg_type == RTM_DELROUTE) &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rtm) && !rtm->rtm_dst_len &&
	       rtm->rtm_type == RTN_UNICAST && !(rtm->rtm_flags & RTM_F_CLONED);
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

static void multipath_oifs(const struct nlattr *attr, kn_oif_each *each, void *data)
{
	const char *at = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), step;
	struct rtnexthop hop;

	for (; left >= sizeof(hop); at += step, left -= step) {
		memcpy(&hop, at, sizeof(hop));
		step = RTNH_ALIGN((size_t)hop.rtnh_len);
		if (hop.rtnh_len < sizeof(hop) || step > left)
			return;
		if (hop.rtnh_ifindex > 0)
			each((unsigned int)hop.rtnh_ifindex, data);
	}
}

uint32_t kn_route_oifs(const struct nlmsghdr *nlh, kn_oif_each *each, void *data)
{
	const struct nlattr *attr;
	uint32_t id = 0;

	mnl_attr_for_each (attr, nlh, sizeof(struct rtmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			if (get_u32(attr))
				each(get_u32(attr), data);
			break;
		case RTA_MULTIPATH:
			multipath_oifs(attr, each, data);
			break;
		case RTA_NH_ID:
			id = get_u32(attr);
			break;
		}
	}
	return id;
}

static int read_group(const struct nlattr *attr, struct kn_nexthop *nexthop)
{
	const struct nexthop_grp *group = mnl_attr_get_payload(attr);
	size_t n = mnl_attr_get_payload_len(attr) / sizeof(*group);
	uint32_t *members = calloc(n ? n : 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		members[i] = group[i].id;
	free(nexthop->members);
	nexthop->members = members;
	nexthop->n_members = n;
	return 0;
}

int kn_nexthop_read(const struct nlmsghdr *nlh, struct kn_nexthop *out)
{
	struct kn_nexthop nexthop = {};
	const struct nlattr *attr;
	int code = 0;

	if (nlh->nlmsg_type != RTM_NEWNEXTHOP ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nhmsg))
		return -EBADMSG;
	mnl_attr_for_each (attr, nlh, sizeof(struct nhmsg)) {
		if (mnl_attr_get_type(attr) == NHA_ID)
			nexthop.id = get_u32(attr);
		else if (mnl_attr_get_type(attr) == NHA_OIF)
			nexthop.ifindex = get_u32(attr);
		else if (mnl_attr_get_type(attr) == NHA_GROUP && !code)
			code = read_group(attr, &nexthop);
	}
	if (!code && !nexthop.id)
		code = -EBADMSG;
	if (code)
		free(nexthop.members);
	else
		*out = nexthop;
	return code;
}

static int take_nexthop(const struct nlmsghdr *nlh, void *data)
{
	return kn_nexthop_read(nlh, data) ? MNL_CB_ERROR : MNL_CB_OK;
}

static int ask(struct kn_talk *talk, uint32_t id, struct kn_nexthop *out, struct kn_err *err)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_GETNEXTHOP;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nhmsg));
	mnl_attr_put_u32(nlh, NHA_ID, id);
	return kn_talk_get(talk, nlh, take_nexthop, out, err);
}

/* A group has no groups among its members. */
int kn_nexthop_oifs(struct kn_talk *talk, uint32_t id, kn_oif_each *each, void *data,
		    struct kn_err *err)
{
	struct kn_nexthop nexthop = {};
	int code = ask(talk, id, &nexthop, err);
	_cleanup_free_ uint32_t *members = nexthop.members;

	if (!code && nexthop.ifindex)
		each(nexthop.ifindex, data);
	for (size_t i = 0; !code && i < nexthop.n_members; i++) {
		struct kn_nexthop member = {};

		code = ask(talk, members[i], &member, err);
		if (!code && member.ifindex)
			each(member.ifindex, data);
		free(member.members);
		if (code == -ENOENT) /* it has just left the group */
			code = 0;
	}
	return code;
}
