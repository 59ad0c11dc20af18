/* SPDX-License-Identifier: MIT */
#include "msg.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

static struct nlmsghdr *link_header(void *buf, uint16_t type, uint16_t flags, int ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
	return nlh;
}

/* ifi is the header that the attributes follow: of the message, or of a veth's peer in it. */
static void put_spec(struct nlmsghdr *nlh, struct ifinfomsg *ifi, const struct kn_link_spec *spec)
{
	if (spec->no_arp)
		ifi->ifi_flags = ifi->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, spec->name);
	if (spec->ns_fd >= 0)
		mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, spec->ns_fd);
	if (spec->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, spec->mtu);
	if (spec->mac)
		mnl_attr_put(nlh, IFLA_ADDRESS, 6, spec->mac);
}

static struct nlmsghdr *new_header(void *buf, const struct kn_link_spec *spec)
{
	struct nlmsghdr *nlh =
		link_header(buf, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);

	put_spec(nlh, mnl_nlmsg_get_payload(nlh), spec);
	return nlh;
}

struct nlmsghdr *kn_msg_link_get(void *buf, const char *name)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_GETLINK, 0, 0);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return nlh;
}

struct nlmsghdr *kn_msg_link_dump(void *buf)
{
	return link_header(buf, RTM_GETLINK, NLM_F_DUMP, 0);
}

struct nlmsghdr *kn_msg_link_del(void *buf, int ifindex)
{
	return link_header(buf, RTM_DELLINK, NLM_F_ACK, ifindex);
}

struct nlmsghdr *kn_msg_veth_new(void *buf, const struct kn_link_spec *end,
				 const struct kn_link_spec *peer)
{
	struct nlmsghdr *nlh = new_header(buf, end);
	struct nlattr *info, *data, *other;
	struct ifinfomsg *ifi;

	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	put_spec(nlh, ifi, peer);
	mnl_attr_nest_end(nlh, other);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

static void put_bridge(struct nlmsghdr *nlh, bool stp, uint32_t forward_delay_cs)
{
	struct nlattr *info, *data;

	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	/* The kernel takes the delay before the STP state, whatever their order here, so a delay
	 * outside 2..30 s needs STP to be off already; a new bridge has it off.
	 */
	mnl_attr_put_u32(nlh, IFLA_BR_FORWARD_DELAY, forward_delay_cs);
	mnl_attr_put_u32(nlh, IFLA_BR_STP_STATE, stp);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
}

struct nlmsghdr *kn_msg_bridge_new(void *buf, const struct kn_link_spec *spec, bool stp,
				   uint32_t forward_delay_cs)
{
	struct nlmsghdr *nlh = new_header(buf, spec);

	put_bridge(nlh, stp, forward_delay_cs);
	return nlh;
}

struct nlmsghdr *kn_msg_bridge_set(void *buf, int ifindex, bool stp, uint32_t forward_delay_cs)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);

	put_bridge(nlh, stp, forward_delay_cs);
	return nlh;
}

struct nlmsghdr *kn_msg_vlan_new(void *buf, const struct kn_link_spec *spec, int parent,
				 uint16_t id, uint16_t ethertype)
{
	struct nlmsghdr *nlh = new_header(buf, spec);
	struct nlattr *info, *data;

	mnl_attr_put_u32(nlh, IFLA_LINK, parent);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u16(nlh, IFLA_VLAN_ID, id);
	mnl_attr_put_u16(nlh, IFLA_VLAN_PROTOCOL, htons(ethertype));
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

struct nlmsghdr *kn_msg_macvlan_new(void *buf, const struct kn_link_spec *spec, int parent,
				    uint32_t mode)
{
	struct nlmsghdr *nlh = new_header(buf, spec);
	struct nlattr *info, *data;

	mnl_attr_put_u32(nlh, IFLA_LINK, parent);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "macvlan");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(nlh, IFLA_MACVLAN_MODE, mode);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

struct nlmsghdr *kn_msg_link_flags(void *buf, int ifindex, unsigned int flags, unsigned int mask)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	ifi->ifi_flags = flags;
	ifi->ifi_change = mask;
	return nlh;
}

struct nlmsghdr *kn_msg_link_master(void *buf, int ifindex, int master)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);

	mnl_attr_put_u32(nlh, IFLA_MASTER, master);
	return nlh;
}

struct nlmsghdr *kn_msg_link_attrs(void *buf, int ifindex, uint32_t mtu, const uint8_t *mac)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);

	if (mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	if (mac)
		mnl_attr_put(nlh, IFLA_ADDRESS, 6, mac);
	return nlh;
}

struct nlmsghdr *kn_msg_link_move(void *buf, int ifindex, int ns_fd, const char *name)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);

	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, ns_fd);
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return nlh;
}

struct nlmsghdr *kn_msg_link_rename(void *buf, int ifindex, const char *name)
{
	struct nlmsghdr *nlh = link_header(buf, RTM_NEWLINK, NLM_F_ACK, ifindex);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return nlh;
}

struct nlmsghdr *kn_msg_altname_add(void *buf, int ifindex, const char *altname)
{
	struct nlmsghdr *nlh =
		link_header(buf, RTM_NEWLINKPROP,
			    NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, ifindex);
	struct nlattr *list = mnl_attr_nest_start(nlh, IFLA_PROP_LIST);

	mnl_attr_put_strz(nlh, IFLA_ALT_IFNAME, altname);
	mnl_attr_nest_end(nlh, list);
	return nlh;
}

struct nlmsghdr *kn_msg_link_token(void *buf, int ifindex, const uint8_t token[16])
{
	struct nlmsghdr *nlh = link_header(buf, RTM_SETLINK, NLM_F_ACK, ifindex);
	struct nlattr *families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);

	mnl_attr_put(nlh, IFLA_INET6_TOKEN, 16, token);
	mnl_attr_nest_end(nlh, inet6);
	mnl_attr_nest_end(nlh, families);
	return nlh;
}
