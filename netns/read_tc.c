/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

static void get_kind(const struct nlattr *attr, char kind[16])
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > 15)
		len = 15;
	memcpy(kind, mnl_attr_get_payload(attr), len);
	kind[len] = '\0';
}

int kn_read_qdisc(const struct nlmsghdr *nlh, struct kn_qdisc_info *out)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct kn_qdisc_info info = {};
	const struct nlattr *attr;

	if ((nlh->nlmsg_type != RTM_NEWQDISC && nlh->nlmsg_type != RTM_DELQDISC) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm))
		return -EBADMSG;
	info.ifindex = tcm->tcm_ifindex;
	info.handle = tcm->tcm_handle;
	info.parent = tcm->tcm_parent;
	mnl_attr_for_each (attr, nlh, sizeof(*tcm))
		if (mnl_attr_get_type(attr) == TCA_KIND)
			get_kind(attr, info.kind);
	*out = info;
	return 0;
}

static void read_mirred(const struct nlattr *options, struct kn_filter_info *info)
{
	const struct nlattr *attr;
	struct tc_mirred parms;

	mnl_attr_for_each_nested (attr, options) {
		if (mnl_attr_get_type(attr) != TCA_MIRRED_PARMS ||
		    mnl_attr_get_payload_len(attr) < sizeof(parms))
			continue;
		memcpy(&parms, mnl_attr_get_payload(attr), sizeof(parms));
		info->mirrors = parms.eaction == TCA_EGRESS_MIRROR;
		info->to = (int)parms.ifindex;
	}
}

/* Basic counters, packed to 12 bytes by some kernels; packets beyond 32 bits come in PKT64 (5.5).
 */
static void read_stats(const struct nlattr *stats, struct kn_filter_info *info)
{
	struct gnet_stats_basic basic;
	const struct nlattr *attr;
	size_t len;

	mnl_attr_for_each_nested (attr, stats) {
		len = mnl_attr_get_payload_len(attr);
		if (mnl_attr_get_type(attr) == TCA_STATS_BASIC && len >= 12) {
			memcpy(&basic, mnl_attr_get_payload(attr), 12);
			info->bytes = basic.bytes;
			if (!info->packets)
				info->packets = basic.packets;
		} else if (mnl_attr_get_type(attr) == TCA_STATS_PKT64 && len >= 8) {
			info->packets = mnl_attr_get_u64(attr);
		}
	}
}

static void read_action(const struct nlattr *action, struct kn_filter_info *info)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, action) {
		if (mnl_attr_get_type(attr) == TCA_ACT_OPTIONS)
			read_mirred(attr, info);
		else if (mnl_attr_get_type(attr) == TCA_ACT_STATS)
			read_stats(attr, info);
	}
}

static void read_options(const struct nlattr *options, uint16_t type, struct kn_filter_info *info)
{
	const struct nlattr *attr, *action;

	mnl_attr_for_each_nested (attr, options)
		if (mnl_attr_get_type(attr) == type)
			mnl_attr_for_each_nested (action, attr)
				read_action(action, info);
}

/* Where each classifier keeps its actions. */
static uint16_t action_type(const char *kind)
{
	static const struct {
		const char *kind;
		uint16_t type;
	} types[] = {
		{ "matchall", TCA_MATCHALL_ACT },
		{ "u32", TCA_U32_ACT },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].kind, kind) == 0)
			return types[i].type;
	return 0;
}

int kn_read_filter(const struct nlmsghdr *nlh, struct kn_filter_info *out)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *options = NULL;
	struct kn_filter_info info = {};

	if ((nlh->nlmsg_type != RTM_NEWTFILTER && nlh->nlmsg_type != RTM_DELTFILTER) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm))
		return -EBADMSG;
	info.ifindex = tcm->tcm_ifindex;
	info.parent = tcm->tcm_parent;
	info.handle = tcm->tcm_handle;
	info.prio = TC_H_MAJ(tcm->tcm_info) >> 16;
	mnl_attr_for_each (attr, nlh, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			get_kind(attr, info.kind);
		else if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	if (options && action_type(info.kind))
		read_options(options, action_type(info.kind), &info);
	*out = info;
	return 0;
}
