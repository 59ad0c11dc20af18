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

struct nlmsghdr *kidos_dump_request(void *buffer, uint16_t type, size_t body)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(message, body);
	return message;
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

static void links_begin(void *context)
{
	struct kidos_reading *reading = context;
	int error = kidos_links_merge(&reading->before, &reading->now);

	if (error)
		reading->error = error;
}

struct kidos_link *kidos_reading_add(struct kidos_reading *reading)
{
	struct kidos_links *links = &reading->now;
	struct kidos_link *items = reallocarray(links->items, links->count + 1, sizeof(*items));

	if (!items)
		return NULL;
	links->items = items;
	memset(&items[links->count], 0, sizeof(*items));
	return &items[links->count++];
}

static int each_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct kidos_link *link = kidos_reading_add(context);
	const struct nlattr *attribute;

	if (!link)
		return MNL_CB_ERROR;
	link->ifindex = (unsigned int)header->ifi_index;
	link->type = header->ifi_type;
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
			kidos_counters_take(attribute, link);
			break;
		case IFLA_QDISC:
			link->queues = strcmp(mnl_attr_get_str(attribute), "noqueue");
			break;
		}
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

static void filters_begin(void *context)
{
	*(int *)context = 0;
}

static int filters_at(struct kn_talk *talk, unsigned int ifindex, unsigned int side)
{
	char buffer[256];
	int count = 0, error;
	struct nlmsghdr *message = kidos_dump_request(buffer, RTM_GETTFILTER, sizeof(struct tcmsg));
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

/*
 * Where links come and go all the time no try may be whole. Then what any of
 * them saw is the answer: links that stay are in it, and those that went
 * meanwhile are an event of their own.
 */
int kidos_links_dump(struct kidos_rtnl *rtnl, struct nlmsghdr *message, mnl_cb_t each,
		     struct kidos_links *links)
{
	struct kidos_reading reading = {};
	struct kn_dump dump = { links_begin, each, &reading };
	struct kn_err err;
	int error = kn_talk_dump_tries(rtnl->talk, message, &dump, LINK_TRIES, &err);

	if (!error)
		kidos_links_free(&reading.before);
	if (!error || error == -EINTR)
		error = kidos_links_merge(&reading.before, &reading.now);
	if (!error)
		error = reading.error;
	kidos_links_free(&reading.now);
	if (error)
		kidos_links_free(&reading.before);
	*links = reading.before;
	return error;
}

/* Without the IPv6 statistics, which are a third of each link's answer. */
int kidos_rtnl_links(struct kidos_rtnl *rtnl, struct kidos_links *links)
{
	char buffer[256];
	struct nlmsghdr *message =
		kidos_dump_request(buffer, RTM_GETLINK, sizeof(struct ifinfomsg));

	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return kidos_links_dump(rtnl, message, each_link, links);
}

int kidos_rtnl_link(struct kidos_rtnl *rtnl, unsigned int ifindex, struct kidos_links *links)
{
	struct kidos_reading reading = {};
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
		error = kidos_rtnl_qdiscs(rtnl, links);
	if (error)
		kidos_links_free(links);
	return error;
}
