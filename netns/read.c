/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Attribute readers that leave the output alone when the payload is too short. */
static void get_u8(const struct nlattr *attr, uint8_t *out)
{
	if (mnl_attr_get_payload_len(attr) >= 1)
		*out = mnl_attr_get_u8(attr);
}

static void get_u16(const struct nlattr *attr, uint16_t *out)
{
	if (mnl_attr_get_payload_len(attr) >= 2)
		*out = mnl_attr_get_u16(attr);
}

static void get_u32(const struct nlattr *attr, uint32_t *out)
{
	if (mnl_attr_get_payload_len(attr) >= 4)
		*out = mnl_attr_get_u32(attr);
}

static void get_int(const struct nlattr *attr, int *out)
{
	uint32_t value = (uint32_t)*out;

	get_u32(attr, &value);
	*out = (int)value;
}

static void get_text(const struct nlattr *attr, char *out, size_t size)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len >= size)
		len = size - 1;
	memcpy(out, mnl_attr_get_payload(attr), len);
	out[len] = '\0';
}

static bool get_mac(const struct nlattr *attr, uint8_t mac[6])
{
	if (mnl_attr_get_payload_len(attr) != 6)
		return false;
	memcpy(mac, mnl_attr_get_payload(attr), 6);
	return true;
}

static void get_prefix(const struct nlattr *attr, uint8_t family, struct kn_prefix *out)
{
	size_t size = family == AF_INET6 ? 16 : 4;

	if (mnl_attr_get_payload_len(attr) != size)
		return;
	out->family = family;
	memcpy(out->bytes, mnl_attr_get_payload(attr), size);
}

static bool is_message(const struct nlmsghdr *nlh, uint16_t type, uint16_t del, size_t header)
{
	return (nlh->nlmsg_type == type || nlh->nlmsg_type == del) &&
	       mnl_nlmsg_get_payload_len(nlh) >= header;
}

static void read_bridge(const struct nlattr *data, struct kn_link_info *link)
{
	const struct nlattr *attr;
	uint32_t stp = 0;

	mnl_attr_for_each_nested (attr, data) {
		if (mnl_attr_get_type(attr) == IFLA_BR_STP_STATE)
			get_u32(attr, &stp);
		else if (mnl_attr_get_type(attr) == IFLA_BR_FORWARD_DELAY)
			get_u32(attr, &link->forward_delay_cs);
	}
	link->stp = stp != 0;
}

static void read_vlan(const struct nlattr *data, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, data) {
		if (mnl_attr_get_type(attr) == IFLA_VLAN_ID)
			get_u16(attr, &link->vlan_id);
		else if (mnl_attr_get_type(attr) == IFLA_VLAN_PROTOCOL)
			get_u16(attr, &link->vlan_protocol);
	}
	link->vlan_protocol = ntohs(link->vlan_protocol);
}

static void read_macvlan(const struct nlattr *data, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, data)
		if (mnl_attr_get_type(attr) == IFLA_MACVLAN_MODE)
			get_u32(attr, &link->macvlan_mode);
}

static void read_vxlan(const struct nlattr *data, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, data)
		if (mnl_attr_get_type(attr) == IFLA_VXLAN_LINK)
			get_int(attr, &link->link);
}

static void read_info(const struct nlattr *info, struct kn_link_info *link)
{
	static const struct {
		const char *kind;
		void (*read)(const struct nlattr *data, struct kn_link_info *link);
	} kinds[] = {
		{ "bridge", read_bridge },
		{ "vlan", read_vlan },
		{ "macvlan", read_macvlan },
		{ "vxlan", read_vxlan },
	};
	const struct nlattr *attr, *data = NULL;

	mnl_attr_for_each_nested (attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			get_text(attr, link->kind, sizeof(link->kind));
		else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	for (size_t i = 0; data && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, link->kind) == 0)
			kinds[i].read(data, link);
}

static void read_xdp(const struct nlattr *xdp, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, xdp) {
		if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED)
			get_u8(attr, &link->xdp_mode);
		else if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID)
			get_u32(attr, &link->xdp_prog);
	}
}

static void read_altnames(const struct nlattr *list, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, list) {
		if (mnl_attr_get_type(attr) != IFLA_ALT_IFNAME || link->altnames == KN_ALTNAMES)
			continue;
		get_text(attr, link->altname[link->altnames++], sizeof(link->altname[0]));
	}
}

static void read_inet6(const struct nlattr *inet6, struct kn_link_info *link)
{
	static const uint8_t none[16];
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, inet6) {
		if (mnl_attr_get_type(attr) != IFLA_INET6_TOKEN ||
		    mnl_attr_get_payload_len(attr) != sizeof(link->token))
			continue;
		memcpy(link->token, mnl_attr_get_payload(attr), sizeof(link->token));
		link->has_token = memcmp(link->token, none, sizeof(none)) != 0;
	}
}

static void read_families(const struct nlattr *families, struct kn_link_info *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, families)
		if (mnl_attr_get_type(attr) == AF_INET6)
			read_inet6(attr, link);
}

static void read_link_attr(const struct nlattr *attr, struct kn_link_info *link)
{
	uint8_t carrier = 0;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		return get_text(attr, link->name, sizeof(link->name));
	case IFLA_MTU:
		return get_u32(attr, &link->mtu);
	case IFLA_ADDRESS:
		link->has_mac = get_mac(attr, link->mac);
		return;
	case IFLA_PERM_ADDRESS:
		link->has_permanent_mac = get_mac(attr, link->permanent_mac);
		return;
	case IFLA_MASTER:
		return get_int(attr, &link->master);
	case IFLA_LINK:
		return get_int(attr, &link->link);
	case IFLA_LINK_NETNSID:
		link->link_elsewhere = true;
		return;
	case IFLA_PARENT_DEV_NAME:
		return get_text(attr, link->device, sizeof(link->device));
	case IFLA_CARRIER:
		get_u8(attr, &carrier);
		link->carrier = carrier != 0;
		return;
	case IFLA_LINKINFO:
		return read_info(attr, link);
	case IFLA_AF_SPEC:
		return read_families(attr, link);
	case IFLA_XDP:
		return read_xdp(attr, link);
	case IFLA_PROP_LIST:
		return read_altnames(attr, link);
	}
}

int kn_read_link(const struct nlmsghdr *nlh, struct kn_link_info *out)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct kn_link_info link = {};
	const struct nlattr *attr;

	if (!is_message(nlh, RTM_NEWLINK, RTM_DELLINK, sizeof(*ifi)))
		return -EBADMSG;
	link.ifindex = ifi->ifi_index;
	link.flags = ifi->ifi_flags;
	link.type = ifi->ifi_type;
	mnl_attr_for_each (attr, nlh, sizeof(*ifi))
		read_link_attr(attr, &link);
	if (!link.name[0] || link.ifindex <= 0)
		return -EBADMSG;
	*out = link;
	return 0;
}

int kn_read_addr(const struct nlmsghdr *nlh, struct kn_addr_info *out)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct kn_prefix address = {}, local = {};
	struct kn_addr_info info = {};
	const struct nlattr *attr;

	if (!is_message(nlh, RTM_NEWADDR, RTM_DELADDR, sizeof(*ifa)))
		return -EBADMSG;
	info.ifindex = (int)ifa->ifa_index;
	info.scope = ifa->ifa_scope;
	info.flags = ifa->ifa_flags;
	mnl_attr_for_each (attr, nlh, sizeof(*ifa)) {
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			get_prefix(attr, ifa->ifa_family, &local);
		else if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			get_prefix(attr, ifa->ifa_family, &address);
		else if (mnl_attr_get_type(attr) == IFA_FLAGS)
			get_u32(attr, &info.flags);
	}
	/* IFA_ADDRESS is the peer on point-to-point links; IPv6 has no IFA_LOCAL otherwise. */
	info.addr = local.family ? local : address;
	info.addr.len = ifa->ifa_prefixlen;
	if (!info.addr.family)
		return -EBADMSG;
	*out = info;
	return 0;
}

static void read_route_attr(const struct nlattr *attr, uint8_t family, struct kn_route_info *info)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		return get_prefix(attr, family, &info->route.to);
	case RTA_GATEWAY:
		return get_prefix(attr, family, &info->route.via);
	case RTA_PREFSRC:
		return get_prefix(attr, family, &info->route.source);
	case RTA_OIF:
		return get_int(attr, &info->route.oif);
	case RTA_PRIORITY:
		return get_u32(attr, &info->route.metric);
	case RTA_TABLE:
		return get_u32(attr, &info->route.table);
	case RTA_MULTIPATH:
		info->multipath = true;
		return;
	}
}

int kn_read_route(const struct nlmsghdr *nlh, struct kn_route_info *out)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct kn_route_info info = {};
	const struct nlattr *attr;

	if (!is_message(nlh, RTM_NEWROUTE, RTM_DELROUTE, sizeof(*rtm)))
		return -EBADMSG;
	info.route.to.family = rtm->rtm_family;
	info.route.table = rtm->rtm_table;
	info.type = rtm->rtm_type;
	info.protocol = rtm->rtm_protocol;
	info.scope = rtm->rtm_scope;
	info.cloned = rtm->rtm_flags & RTM_F_CLONED;
	mnl_attr_for_each (attr, nlh, sizeof(*rtm))
		read_route_attr(attr, rtm->rtm_family, &info);
	info.route.to.len = rtm->rtm_dst_len;
	*out = info;
	return 0;
}
