/* SPDX-License-Identifier: MIT */
#include "links/mnl_links.h"
#include "core/descriptors.h"
#include "links/mnl_private.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINK_TRIES 3u /* 14 ms of pauses at most: a poll waits for them */

int kidos_netlink_open(int flags, unsigned int groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE), error;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return kidos_descriptor_up(fd);
	error = -errno;
	close(fd);
	return error;
}

static int talk_open(struct kn_talk **talk)
{
	struct kn_err err;
	int fd = kidos_netlink_open(0, 0);

	return fd < 0 ? fd : kn_talk_adopt(talk, fd, &err);
}

struct kidos_rtnl *kidos_rtnl_open(void)
{
	struct kidos_rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int error;

	if (!rtnl)
		return NULL;
	error = talk_open(&rtnl->talk);
	if (!error) {
		rtnl->events = kidos_events_open();
		error = rtnl->events ? 0 : -errno;
	}
	if (!error)
		return rtnl;
	kidos_rtnl_close(rtnl);
	errno = -error;
	return NULL;
}

void kidos_rtnl_close(struct kidos_rtnl *rtnl)
{
	if (!rtnl)
		return;
	kn_talk_close(rtnl->talk);
	if (rtnl->events)
		mnl_socket_close(rtnl->events);
	kidos_routes_clear(&rtnl->routes);
	free(rtnl);
}

static struct nlmsghdr *dump_request(void *buffer, uint16_t type, size_t body)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(message, body);
	return message;
}

static void read_counters(const struct nlattr *attribute, struct kidos_link *link)
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

static void read_kind(const struct nlattr *info, char kind[16])
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, info)
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			strncpy(kind, mnl_attr_get_str(attribute), 15);
}

/* The last byte stays 0, so that the list ends where an altname would begin. */
static void read_altnames(const struct nlattr *properties, struct kidos_link *link)
{
	const struct nlattr *attribute;
	size_t used = 0;

	mnl_attr_for_each_nested (attribute, properties) {
		const char *name = mnl_attr_get_str(attribute);
		size_t size = strlen(name) + 1;

		if (mnl_attr_get_type(attribute) != IFLA_ALT_IFNAME ||
		    used + size >= sizeof(link->altnames))
			continue;
		memcpy(link->altnames + used, name, size);
		used += size;
	}
}

/* A list of links under way. */
struct reading {
	struct kidos_links before; /* of tries that were interrupted */
	struct kidos_links now;
	int error;
};

static void links_begin(void *context)
{
	struct reading *reading = context;
	int error = kidos_links_merge(&reading->before, &reading->now);

	if (error)
		reading->error = error;
}

static int each_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct kidos_links *links = &((struct reading *)context)->now;
	const struct nlattr *attribute;
	struct kidos_link *link, *items;

	items = reallocarray(links->items, links->count + 1, sizeof(*items));
	if (!items)
		return MNL_CB_ERROR;
	links->items = items;
	link = &items[links->count++];
	*link = (struct kidos_link){ .ifindex = (unsigned int)header->ifi_index,
				     .type = header->ifi_type };
	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			strncpy(link->name, mnl_attr_get_str(attribute), IF_NAMESIZE - 1);
			break;
		case IFLA_PROP_LIST:
			read_altnames(attribute, link);
			break;
		case IFLA_LINKINFO:
			read_kind(attribute, link->kind);
			break;
		case IFLA_STATS64:
			read_counters(attribute, link);
			break;
		case IFLA_QDISC:
			link->queues = strcmp(mnl_attr_get_str(attribute), "noqueue");
			break;
		}
	}
	return MNL_CB_OK;
}

static struct kidos_link *link_by_index(struct kidos_links *links, unsigned int ifindex)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].ifindex == ifindex)
			return &links->items[i];
	return NULL;
}

static int each_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);

	/* The kernel also lists each chain's head, which has no handle. */
	if (header->tcm_handle)
		++*(int *)context;
	return MNL_CB_OK;
}

static void filters_begin(void *context)
{
	*(int *)context = 0;
}

static int filters_at(struct kn_talk *talk, unsigned int ifindex, unsigned int side)
{
	char buffer[256];
	int count = 0, error;
	struct nlmsghdr *message = dump_request(buffer, RTM_GETTFILTER, sizeof(struct tcmsg));
	struct tcmsg *header = mnl_nlmsg_get_payload(message);
	struct kn_dump dump = { filters_begin, each_filter, &count };
	struct kn_err err;

	header->tcm_ifindex = (int)ifindex;
	header->tcm_parent = TC_H_MAKE(TC_H_CLSACT, side);
	error = kn_talk_dump(talk, message, &dump, &err);
	return error ? error : count;
}

int kidos_filters(unsigned int ifindex)
{
	struct kn_talk *talk;
	struct kn_err err;
	int ingress = kn_talk_open(&talk, &err), egress;

	if (ingress)
		return ingress;
	ingress = filters_at(talk, ifindex, TC_H_MIN_INGRESS);
	egress = ingress < 0 ? ingress : filters_at(talk, ifindex, TC_H_MIN_EGRESS);
	kn_talk_close(talk);
	return egress < 0 ? egress : ingress + egress;
}

/* The root qdisc stands for what lies below it. */
static int each_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct kidos_link *link = link_by_index(context, (unsigned int)header->tcm_ifindex);
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

/*
 * Where links come and go all the time no try may be whole. Then what any of
 * them saw is the answer: links that stay are in it, and those that went
 * meanwhile are an event of their own.
 */
static int read_links(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	struct reading reading = {};
	struct kn_dump dump = { links_begin, each_link, &reading };
	char buffer[256];
	struct kn_err err;
	struct nlmsghdr *message = dump_request(buffer, RTM_GETLINK, sizeof(struct ifinfomsg));
	int error = kn_talk_dump_tries(rtnl->talk, message, &dump, LINK_TRIES, &err);

	if (!error)
		kidos_links_free(&reading.before);
	if (!error || error == -EINTR)
		error = kidos_links_merge(&reading.before, &reading.now);
	if (!error)
		error = reading.error;
	kidos_links_free(&reading.now);
	*links = reading.before;
	return error;
}

static int read_qdiscs(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	struct kn_dump dump = { .each = each_qdisc, .data = links };
	char buffer[256];
	struct kn_err err;

	return kn_talk_dump(rtnl->talk, dump_request(buffer, RTM_GETQDISC, sizeof(struct tcmsg)),
			    &dump, &err);
}

int kidos_rtnl_links(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	int error = read_links(rtnl, links);

	if (!error)
		error = read_qdiscs(rtnl, links);
	if (error)
		kidos_links_free(links);
	return error;
}

int kidos_rtnl_link(struct kidos_rtnl *rtnl, unsigned int ifindex, struct kidos_links *links)
{
	struct reading reading = {};
	char buffer[256];
	struct kn_err err;
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *header;
	int error;

	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_index = (int)ifindex;
	error = kn_talk_get(rtnl->talk, message, each_link, &reading, &err);
	*links = reading.now;
	/* The kernel has no way to ask for one link's qdisc alone. */
	if (!error && links->count && links->items[0].queues)
		error = read_qdiscs(rtnl, links);
	if (error)
		kidos_links_free(links);
	return error;
}
