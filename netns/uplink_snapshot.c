/* SPDX-License-Identifier: MIT */
#include "address.h"
#include "netlink/cleanup.h"
#include "route.h"
#include "uplink_nexthop.h"
#include "uplink_restore.h"
#include "uplink_route.h"
#include "uplink_settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* The list that a dump fills. A dump that starts over drops what it has added. */
struct collect {
	struct kn_journal *journal;
	struct kn_saved_list *list;
	size_t start;
	uint8_t family, flags; /* of a neighbour dump */
	int code;
};

static void begin(void *data)
{
	struct collect *collect = data;

	kn_journal_cut(collect->list, collect->start);
}

static void keep(struct collect *collect, const char *text, const struct nlmsghdr *nlh)
{
	if (kn_journal_add(collect->list, text, nlh, nlh->nlmsg_len) < 0)
		collect->code = -ENOMEM;
}

static int each_addr(const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	struct kn_addr_info info;
	char text[KN_PREFIX_TEXT];

	if (kn_read_addr(nlh, &info) || info.ifindex != collect->journal->ifindex)
		return MNL_CB_OK;
	/* Privacy addresses (RFC 8981) are the kernel's to make again. In IPv4 the same bit means
	 * secondary, which is an address like any other.
	 */
	if (info.addr.family == AF_INET6 && (info.flags & IFA_F_TEMPORARY))
		return MNL_CB_OK;
	keep(collect, kn_prefix_text(&info.addr, text), nlh);
	return MNL_CB_OK;
}

static const struct nlattr *find_neighbour_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, sizeof(struct ndmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* Those that somebody set: permanent ones, proxies, and further addresses that the device takes
 * packets for (`bridge fdb add ... self`).
 */
static bool was_set(const struct collect *collect, const struct nlmsghdr *nlh)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *mac = find_neighbour_attr(nlh, NDA_LLADDR);
	const uint8_t *bytes = mac ? mnl_attr_get_payload(mac) : NULL;

	if (ndm->ndm_family != AF_BRIDGE)
		return (ndm->ndm_state & NUD_PERMANENT) || (ndm->ndm_flags & NTF_PROXY);
	return (ndm->ndm_flags & NTF_SELF) && mac && mnl_attr_get_payload_len(mac) == 6 &&
	       !(bytes[0] & 1) && memcmp(bytes, collect->journal->mac, 6) != 0;
}

static void neighbour_text(const struct nlmsghdr *nlh, char *buf, size_t size)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *to = find_neighbour_attr(nlh, NDA_DST);
	const struct nlattr *mac = find_neighbour_attr(nlh, NDA_LLADDR);
	const uint8_t *b =
		mac && mnl_attr_get_payload_len(mac) == 6 ? mnl_attr_get_payload(mac) : NULL;
	char address[INET6_ADDRSTRLEN] = "", hex[20] = "";

	if (to && mnl_attr_get_payload_len(to) == (ndm->ndm_family == AF_INET6 ? 16U : 4U))
		inet_ntop(ndm->ndm_family, mnl_attr_get_payload(to), address, sizeof(address));
	if (b)
		snprintf(hex, sizeof(hex), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
			 b[4], b[5]);
	snprintf(buf, size, "%s%s%s%s", ndm->ndm_flags & NTF_PROXY ? "proxy " : "", address,
		 address[0] && hex[0] ? " lladdr " : "", hex);
}

static int each_neighbour(const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	char text[96];

	if (nlh->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(nlh) < sizeof(*ndm) ||
	    ndm->ndm_ifindex != collect->journal->ifindex || ndm->ndm_family != collect->family ||
	    (ndm->ndm_flags & NTF_PROXY) != collect->flags || !was_set(collect, nlh))
		return MNL_CB_OK;
	neighbour_text(nlh, text, sizeof(text));
	keep(collect, text, nlh);
	return MNL_CB_OK;
}

static int save_neighbours(struct kn_talk *talk, struct collect *collect, struct kn_err *err)
{
	static const struct {
		uint8_t family, flags;
	} kinds[] = {
		{ AF_INET, 0 },          { AF_INET6, 0 },  { AF_INET, NTF_PROXY },
		{ AF_INET6, NTF_PROXY }, { AF_BRIDGE, 0 },
	};
	struct kn_dump dump = { begin, each_neighbour, collect };
	char buf[KN_MSG_SIZE];
	int code = 0;

	collect->list = &collect->journal->neighbours;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !code; i++) {
		collect->start = collect->list->n;
		collect->family = kinds[i].family;
		collect->flags = kinds[i].flags;
		code = kn_talk_dump(talk, kn_msg_neigh_dump(buf, kinds[i].family, kinds[i].flags),
				    &dump, err);
		if (code == -EOPNOTSUPP || code == -EAFNOSUPPORT)
			code = 0; /* a kernel without IPv6, or without bridges */
	}
	return code;
}

static void route_text(const struct kn_route_info *info, const struct nlmsghdr *nlh, char *buf,
		       size_t size)
{
	static const char *const types[] = { [RTN_LOCAL] = "local ",
					     [RTN_BROADCAST] = "broadcast ",
					     [RTN_ANYCAST] = "anycast ",
					     [RTN_MULTICAST] = "multicast " };
	const char *type = info->type <= RTN_MULTICAST ? types[info->type] : NULL;
	char to[KN_PREFIX_TEXT], via[KN_PREFIX_TEXT] = "", object[24] = "";

	if (info->route.via.family)
		kn_prefix_text(&info->route.via, via);
	via[strcspn(via, "/")] = '\0';
	if (kn_route_object(nlh))
		snprintf(object, sizeof(object), " nhid %u", kn_route_object(nlh));
	snprintf(buf, size, "%s%s%s%s%s table %u metric %u", type ? type : "",
		 kn_prefix_text(&info->route.to, to), via[0] ? " via " : "", via, object,
		 info->route.table, info->route.metric);
}

/* IPv4: the kernel drops a route by any interface when the source address that it names goes. */
static bool names_our_address(const struct kn_journal *journal, const struct kn_route_info *info)
{
	struct kn_addr_info addr;

	if (info->route.source.family != AF_INET)
		return false;
	for (size_t i = 0; i < journal->addrs.n; i++)
		if (kn_read_addr(journal->addrs.items[i].message, &addr) == 0 &&
		    addr.addr.family == AF_INET &&
		    memcmp(addr.addr.bytes, info->route.source.bytes, 4) == 0)
			return true;
	return false;
}

static void each_route(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	const struct kn_journal *journal = collect->journal;
	const struct kn_uses uses = { journal->ifindex, &journal->nexthops };
	char text[192];

	if (!info)
		return begin(data);
	/* What the kernel puts into table local comes with the addresses. */
	if (info->route.table == RT_TABLE_LOCAL && info->protocol == RTPROT_KERNEL)
		return;
	if (!kn_route_uses(nlh, &uses) && !names_our_address(journal, info))
		return;
	route_text(info, nlh, text, sizeof(text));
	keep(collect, text, nlh);
}

static int save_networks(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const struct kn_ns *home = &nets->topo->ns[0];
	struct collect collect = { .journal = journal, .list = &journal->addrs };
	struct kn_dump dump = { begin, each_addr, &collect };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, home, &talk, err);

	if (!code)
		code = kn_talk_dump(talk, kn_msg_addr_dump(buf, journal->ifindex), &dump, err);
	if (!code)
		code = kn_nexthop_save(nets, journal, err);
	if (!code)
		code = save_neighbours(talk, &collect, err);
	collect.list = &journal->routes;
	for (size_t i = 0; i < 2 && !code; i++) {
		collect.start = journal->routes.n;
		code = kn_route_walk(nets, home, families[i], each_route, &collect, err);
	}
	return code || !collect.code ? code : kn_fail(err, collect.code, "out of memory");
}

static int save_names(const struct kn_link_info *info, struct kn_journal *journal,
		      struct kn_err *err)
{
	if (info->altnames == KN_ALTNAMES)
		return kn_fail(err, -E2BIG, "%s has more alternative names than can be kept",
			       info->name);
	journal->altnames = calloc(info->altnames + 1, sizeof(*journal->altnames));
	if (!journal->altnames)
		return kn_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < info->altnames; i++)
		snprintf(journal->altnames[journal->n_altnames++], 128, "%s", info->altname[i]);
	return 0;
}

int kn_uplink_snapshot(struct kn_nets *nets, const struct kn_link_info *info, const char *ns,
		       struct kn_journal *journal, struct kn_err *err)
{
	int code;

	*journal = (struct kn_journal){
		.ifindex = info->ifindex,
		.mtu = info->mtu,
		.up = info->flags & IFF_UP,
		.has_mac = info->has_mac,
		.has_permanent_mac = info->has_permanent_mac,
		.has_token = info->has_token,
	};
	snprintf(journal->ns, sizeof(journal->ns), "%s", ns);
	snprintf(journal->name, sizeof(journal->name), "%s", info->name);
	snprintf(journal->kind, sizeof(journal->kind), "%s", info->kind);
	snprintf(journal->device, sizeof(journal->device), "%s", info->device);
	memcpy(journal->mac, info->mac, 6);
	memcpy(journal->permanent_mac, info->permanent_mac, 6);
	memcpy(journal->token, info->token, 16);
	kn_journal_boot_id(journal->boot_id);
	code = save_names(info, journal, err);
	if (!code)
		code = kn_settings_save(journal, err);
	return code ? code : save_networks(nets, journal, err);
}
