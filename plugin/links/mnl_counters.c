/* SPDX-License-Identifier: MIT */
/*
 * mnl_counters.c: counters of links and of their root qdiscs. A poll reads
 * them while another thread attaches to hundreds of links, which holds the
 * kernel's RTNL lock for some 10 ms each; each datagram of a dump waits for it.
 * RTM_GETSTATS fits 140 links into a datagram where RTM_GETLINK fits 20.
 */
#include "links/mnl_private.h"

#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

void kidos_counters_take(const struct nlattr *attribute, struct kidos_link *link)
{
	struct rtnl_link_stats64 stats = {};
	size_t size = mnl_attr_get_payload_len(attribute);

	memcpy(&stats, mnl_attr_get_payload(attribute),
	       size < sizeof(stats) ? size : sizeof(stats));
	link->counters = (struct kidos_link_counters){
		.packets = { stats.rx_packets, stats.tx_packets },
		.bytes = { stats.rx_bytes, stats.tx_bytes },
		.dropped = { stats.rx_dropped, stats.tx_dropped },
	};
	link->missed = stats.rx_missed_errors;
	link->overrun = stats.rx_fifo_errors > stats.rx_over_errors ? stats.rx_fifo_errors
								    : stats.rx_over_errors;
}

static int each_stats(const struct nlmsghdr *message, void *context)
{
	const struct if_stats_msg *header = mnl_nlmsg_get_payload(message);
	struct kidos_link *link = kidos_reading_add(context);
	const struct nlattr *attribute;

	if (!link)
		return MNL_CB_ERROR;
	link->ifindex = header->ifindex;
	mnl_attr_for_each (attribute, message, sizeof(*header))
		if (mnl_attr_get_type(attribute) == IFLA_STATS_LINK_64)
			kidos_counters_take(attribute, link);
	return MNL_CB_OK;
}

/* The root qdisc stands for what lies below it. */
static int each_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct kidos_link *link = kidos_links_at(context, (unsigned int)header->tcm_ifindex);
	struct tc_stats stats = {};

	if (!link || header->tcm_parent != TC_H_ROOT)
		return MNL_CB_OK;
	link->counters.qdisc = header->tcm_handle;
	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		size_t size = mnl_attr_get_payload_len(attribute);

		if (mnl_attr_get_type(attribute) != TCA_STATS)
			continue;
		memcpy(&stats, mnl_attr_get_payload(attribute),
		       size < sizeof(stats) ? size : sizeof(stats));
		link->counters.qdisc_drops = stats.drops;
		link->counters.qdisc_queued = stats.qlen;
	}
	return MNL_CB_OK;
}

int kidos_rtnl_qdiscs(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	struct kn_dump dump = { .each = each_qdisc, .data = links };
	char buffer[256];
	struct kn_err err;

	return kn_talk_dump(rtnl->talk,
			    kidos_dump_request(buffer, RTM_GETQDISC, sizeof(struct tcmsg)), &dump,
			    &err);
}

int kidos_rtnl_counters(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	char buffer[256];
	struct nlmsghdr *message =
		kidos_dump_request(buffer, RTM_GETSTATS, sizeof(struct if_stats_msg));
	struct if_stats_msg *header = mnl_nlmsg_get_payload(message);
	int error;

	header->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	error = kidos_links_dump(rtnl, message, each_stats, links);
	if (!error)
		error = kidos_rtnl_qdiscs(rtnl, links);
	if (error)
		kidos_links_free(links);
	return error;
}
