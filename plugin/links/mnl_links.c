/* SPDX-License-Identifier: MIT */
#include "links/mnl_links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DUMP_BUFFER 65536
#define DUMP_ATTEMPTS 5

struct kidos_rtnl {
	struct mnl_socket *request;
	struct mnl_socket *events;
	int ioctl_socket;
	unsigned int sequence;
};

static struct mnl_socket *socket_open(unsigned int groups, int flags)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	int saved;

	if (!socket || !mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID))
		return socket;
	saved = errno;
	mnl_socket_close(socket);
	errno = saved;
	return NULL;
}

struct kidos_rtnl *kidos_rtnl_open(void)
{
	struct kidos_rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int saved;

	if (!rtnl)
		return NULL;
	rtnl->ioctl_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rtnl->request = socket_open(0, 0);
	rtnl->events =
		socket_open(RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE, SOCK_NONBLOCK);
	if (rtnl->ioctl_socket >= 0 && rtnl->request && rtnl->events)
		return rtnl;
	saved = errno;
	kidos_rtnl_close(rtnl);
	errno = saved;
	return NULL;
}

void kidos_rtnl_close(struct kidos_rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->request)
		mnl_socket_close(rtnl->request);
	if (rtnl->events)
		mnl_socket_close(rtnl->events);
	if (rtnl->ioctl_socket >= 0)
		close(rtnl->ioctl_socket);
	free(rtnl);
}

int kidos_rtnl_event_fd(const struct kidos_rtnl *rtnl)
{
	return mnl_socket_get_fd(rtnl->events);
}

bool kidos_rtnl_take_events(struct kidos_rtnl *rtnl)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	bool any = false;
	ssize_t got;

	/* ENOBUFS: some were lost, which is a change like any other. */
	while ((got = mnl_socket_recvfrom(rtnl->events, buffer, sizeof(buffer))) > 0 ||
	       (got < 0 && (errno == ENOBUFS || errno == EINTR)))
		any = true;
	return any;
}

static int dump_receive(struct kidos_rtnl *rtnl, mnl_cb_t each, void *context)
{
	static _Thread_local char buffer[DUMP_BUFFER];
	ssize_t got;
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		got = mnl_socket_recvfrom(rtnl->request, buffer, sizeof(buffer));
		if (got < 0)
			return -errno;
		more = mnl_cb_run(buffer, (size_t)got, rtnl->sequence,
				  mnl_socket_get_portid(rtnl->request), each, context);
	}
	return more < 0 ? -errno : 0;
}

static int dump(struct kidos_rtnl *rtnl, unsigned short type, unsigned char family, mnl_cb_t each,
		void *context)
{
	char buffer[256];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	size_t body = type == RTM_GETQDISC   ? sizeof(struct tcmsg)
		      : type == RTM_GETROUTE ? sizeof(struct rtmsg)
					     : sizeof(struct ifinfomsg);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++rtnl->sequence;
	*(unsigned char *)mnl_nlmsg_put_extra_header(message, body) = family;
	if (mnl_socket_sendto(rtnl->request, message, message->nlmsg_len) < 0)
		return -errno;
	return dump_receive(rtnl, each, context);
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

static int each_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct kidos_links *links = context;
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
		case IFLA_LINKINFO:
			read_kind(attribute, link->kind);
			break;
		case IFLA_STATS64:
			read_counters(attribute, link);
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

static int each_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct kidos_link *link;

	if (header->rtm_dst_len || header->rtm_table != RT_TABLE_MAIN ||
	    header->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		if (mnl_attr_get_type(attribute) != RTA_OIF)
			continue;
		link = link_by_index(context, mnl_attr_get_u32(attribute));
		if (link)
			link->default_route = true;
	}
	return MNL_CB_OK;
}

static int each_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);

	/* The kernel also lists each chain's head, which has no handle. */
	if (header->tcm_handle)
		++*(int *)context;
	return MNL_CB_OK;
}

int kidos_rtnl_filters(struct kidos_rtnl *rtnl, unsigned int ifindex)
{
	static const unsigned int sides[] = { TC_H_MIN_INGRESS, TC_H_MIN_EGRESS };
	int count = 0, error = 0;

	for (size_t i = 0; !error && i < 2; i++) {
		char buffer[256];
		struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
		struct tcmsg *header;

		message->nlmsg_type = RTM_GETTFILTER;
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		message->nlmsg_seq = ++rtnl->sequence;
		header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
		header->tcm_ifindex = (int)ifindex;
		header->tcm_parent = TC_H_MAKE(TC_H_CLSACT, sides[i]);
		if (mnl_socket_sendto(rtnl->request, message, message->nlmsg_len) < 0)
			return -errno;
		error = dump_receive(rtnl, each_filter, &count);
	}
	return error ? error : count;
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

/* A dump that was changed under way (NLM_F_DUMP_INTR, EINTR here) is asked for again. */
int kidos_rtnl_links(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	int error = -EINTR;

	for (int attempt = 0; error == -EINTR && attempt < DUMP_ATTEMPTS; attempt++) {
		*links = (struct kidos_links){};
		error = dump(rtnl, RTM_GETLINK, AF_UNSPEC, each_link, links);
		if (!error)
			error = dump(rtnl, RTM_GETQDISC, AF_UNSPEC, each_qdisc, links);
		if (!error)
			error = dump(rtnl, RTM_GETROUTE, AF_INET, each_route, links);
		if (!error)
			error = dump(rtnl, RTM_GETROUTE, AF_INET6, each_route, links);
		if (error)
			kidos_links_free(links);
	}
	return error;
}

int kidos_rtnl_ethtool(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE], void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, name, IF_NAMESIZE);
	return ioctl(rtnl->ioctl_socket, SIOCETHTOOL, &request) ? -errno : 0;
}

void kidos_rtnl_driver(struct kidos_rtnl *rtnl, struct kidos_link *link)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (kidos_rtnl_ethtool(rtnl, link->name, &info))
		return;
	memcpy(link->driver, info.driver, sizeof(link->driver) - 1);
	link->has_device = !*link->kind && *info.bus_info;
}
