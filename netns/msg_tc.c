/* SPDX-License-Identifier: MIT */
#include "msg.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>
#include <sys/socket.h>

static struct nlmsghdr *tc_header(void *buf, uint16_t type, uint16_t flags, int ifindex,
				  uint32_t parent)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = parent;
	return nlh;
}

static struct nlmsghdr *clsact_message(void *buf, uint16_t type, uint16_t flags, int ifindex)
{
	struct nlmsghdr *nlh = tc_header(buf, type, NLM_F_ACK | flags, ifindex, TC_H_CLSACT);
	struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	return nlh;
}

struct nlmsghdr *kn_msg_clsact_new(void *buf, int ifindex)
{
	return clsact_message(buf, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
}

struct nlmsghdr *kn_msg_clsact_del(void *buf, int ifindex)
{
	return clsact_message(buf, RTM_DELQDISC, 0, ifindex);
}

struct nlmsghdr *kn_msg_qdisc_dump(void *buf, int ifindex)
{
	return tc_header(buf, RTM_GETQDISC, NLM_F_DUMP, ifindex, 0);
}

static uint32_t hook_parent(enum kn_direction direction)
{
	return TC_H_MAKE(TC_H_CLSACT, direction == KN_IN ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static struct nlmsghdr *filter_header(void *buf, uint16_t type, uint16_t flags,
				      const struct kn_mirror_spec *mirror)
{
	struct nlmsghdr *nlh = tc_header(buf, type, NLM_F_ACK | flags, mirror->from,
					 hook_parent(mirror->direction));
	struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

	tcm->tcm_info = TC_H_MAKE((uint32_t)mirror->prio << 16, htons(ETH_P_ALL));
	return nlh;
}

/* One mirred action. Its verdict is TC_ACT_UNSPEC, so that classification continues with filters of
 * others at later priorities. TC_ACT_PIPE, which tc uses, would end it here.
 */
static void put_mirred(struct nlmsghdr *nlh, uint16_t type, int to)
{
	struct tc_mirred parms = {
		.action = TC_ACT_UNSPEC,
		.eaction = TCA_EGRESS_MIRROR,
		.ifindex = to,
	};
	struct nlattr *list, *action, *options;

	list = mnl_attr_nest_start(nlh, type);
	action = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_strz(nlh, TCA_ACT_KIND, "mirred");
	options = mnl_attr_nest_start(nlh, TCA_ACT_OPTIONS);
	mnl_attr_put(nlh, TCA_MIRRED_PARMS, sizeof(parms), &parms);
	mnl_attr_nest_end(nlh, options);
	mnl_attr_nest_end(nlh, action);
	mnl_attr_nest_end(nlh, list);
}

/* u32 with one key whose mask is 0: it matches every packet. */
static void put_u32_match_all(struct nlmsghdr *nlh)
{
	_Alignas(struct tc_u32_sel) char
		any[sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)] = {};
	struct tc_u32_sel *sel = (void *)any;

	sel->flags = TC_U32_TERMINAL;
	sel->nkeys = 1;
	mnl_attr_put(nlh, TCA_U32_SEL, sizeof(any), any);
}

struct nlmsghdr *kn_msg_mirror_new(void *buf, const struct kn_mirror_spec *mirror)
{
	struct nlmsghdr *nlh =
		filter_header(buf, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, mirror);
	struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct nlattr *options;

	tcm->tcm_handle = kn_mirror_node(mirror->direction);
	mnl_attr_put_strz(nlh, TCA_KIND, mirror->classifier == KN_MATCHALL ? "matchall" : "u32");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	if (mirror->classifier == KN_U32) {
		put_u32_match_all(nlh);
		put_mirred(nlh, TCA_U32_ACT, mirror->to);
	} else {
		put_mirred(nlh, TCA_MATCHALL_ACT, mirror->to);
	}
	mnl_attr_nest_end(nlh, options);
	return nlh;
}

/* Deletes the whole priority, which holds nothing but our one filter (and u32's hash table). */
struct nlmsghdr *kn_msg_mirror_del(void *buf, const struct kn_mirror_spec *mirror)
{
	return filter_header(buf, RTM_DELTFILTER, 0, mirror);
}

struct nlmsghdr *kn_msg_filter_dump(void *buf, int ifindex, enum kn_direction direction)
{
	return tc_header(buf, RTM_GETTFILTER, NLM_F_DUMP, ifindex, hook_parent(direction));
}
