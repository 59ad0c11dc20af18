/* SPDX-License-Identifier: MIT */
#include "address.h"
#include "netlink/cleanup.h"
#include "route.h"
#include "uplink_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

bool kn_route_uses(const struct nlmsghdr *nlh, int ifindex)
{
	const struct nlattr *attr;
	const struct rtnexthop *hop;
	int left;

	mnl_attr_for_each (attr, nlh, sizeof(struct rtmsg)) {
		if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_get_payload_len(attr) >= 4 &&
		    mnl_attr_get_u32(attr) == (uint32_t)ifindex)
			return true;
		if (mnl_attr_get_type(attr) != RTA_MULTIPATH)
			continue;
		hop = mnl_attr_get_payload(attr);
		left = mnl_attr_get_payload_len(attr);
		while (kn_hop_ok(hop, left)) {
			if (hop->rtnh_ifindex == ifindex)
				return true;
			left -= RTNH_ALIGN(hop->rtnh_len);
			hop = RTNH_NEXT(hop);
		}
	}
	return false;
}

/* Settings of an interface that die with its leaving: the kernel makes them anew, at the default.
 */
static const char *const sysctl_keys[] = {
	"ipv4.accept_local",  "ipv4.accept_redirects", "ipv4.accept_source_route",
	"ipv4.arp_announce",  "ipv4.arp_ignore",       "ipv4.forwarding",
	"ipv4.proxy_arp",     "ipv4.rp_filter",        "ipv4.send_redirects",
	"ipv6.accept_dad",    "ipv6.accept_ra",        "ipv6.accept_redirects",
	"ipv6.addr_gen_mode", "ipv6.autoconf",         "ipv6.disable_ipv6",
	"ipv6.forwarding",    "ipv6.proxy_ndp",        "ipv6.use_tempaddr",
};

static void save_sysctls(struct kn_journal *journal)
{
	struct kn_saved_sysctl *one;
	char path[256];
	ssize_t len;

	journal->sysctls =
		calloc(sizeof(sysctl_keys) / sizeof(sysctl_keys[0]), sizeof(*journal->sysctls));
	for (size_t i = 0; journal->sysctls && i < sizeof(sysctl_keys) / sizeof(sysctl_keys[0]);
	     i++) {
		_cleanup_fd_ int fd = -1;

		snprintf(path, sizeof(path), "/proc/sys/net/%.4s/conf/%s/%s", sysctl_keys[i],
			 journal->name, sysctl_keys[i] + 5);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		one = &journal->sysctls[journal->n_sysctls];
		len = fd < 0 ? -1 : read(fd, one->value, sizeof(one->value) - 1);
		if (len <= 0)
			continue; /* not every kernel has every one */
		one->value[len] = '\0';
		one->value[strcspn(one->value, "\n")] = '\0';
		snprintf(one->key, sizeof(one->key), "%s", sysctl_keys[i]);
		journal->n_sysctls++;
	}
}

static void forget(struct kn_saved **list, size_t *n)
{
	while (*n) {
		(*n)--;
		free((*list)[*n].text);
		free((*list)[*n].message);
	}
}

struct collect {
	struct kn_journal *journal;
	int code;
};

static void begin_addrs(void *data)
{
	struct kn_journal *journal = ((struct collect *)data)->journal;

	forget(&journal->addrs, &journal->n_addrs);
}

static int each_addr(const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	struct kn_journal *journal = collect->journal;
	struct kn_addr_info info;
	char text[KN_PREFIX_TEXT];

	if (kn_read_addr(nlh, &info) || info.ifindex != journal->ifindex)
		return MNL_CB_OK;
	/* Privacy addresses (RFC 8981) are the kernel's to make again. In IPv4 the same bit means
	 * secondary, which is an address like any other.
	 */
	if (info.addr.family == AF_INET6 && (info.flags & IFA_F_TEMPORARY))
		return MNL_CB_OK;
	if (kn_journal_add(&journal->addrs, &journal->n_addrs, kn_prefix_text(&info.addr, text),
			   nlh, nlh->nlmsg_len) < 0)
		collect->code = -ENOMEM;
	return MNL_CB_OK;
}

static void route_text(const struct kn_route_info *info, char *buf, size_t size)
{
	char to[KN_PREFIX_TEXT], via[KN_PREFIX_TEXT] = "";

	if (info->route.via.family)
		kn_prefix_text(&info->route.via, via);
	via[strcspn(via, "/")] = '\0';
	snprintf(buf, size, "%s%s%s table %u metric %u", kn_prefix_text(&info->route.to, to),
		 via[0] ? " via " : "", via, info->route.table, info->route.metric);
}

static void each_route(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	struct kn_journal *journal = collect->journal;
	char text[192];

	if (!info || info->type != RTN_UNICAST || info->route.table == RT_TABLE_LOCAL ||
	    !kn_route_uses(nlh, journal->ifindex))
		return;
	route_text(info, text, sizeof(text));
	for (size_t i = 0; i < journal->n_routes; i++)
		if (journal->routes[i].len == nlh->nlmsg_len &&
		    memcmp((char *)journal->routes[i].message + NLMSG_HDRLEN,
			   (const char *)nlh + NLMSG_HDRLEN, nlh->nlmsg_len - NLMSG_HDRLEN) == 0)
			return; /* a walk that started over */
	if (kn_journal_add(&journal->routes, &journal->n_routes, text, nlh, nlh->nlmsg_len) < 0)
		collect->code = -ENOMEM;
}

static int save_networks(struct kn_world *world, struct kn_journal *journal, struct kn_err *err)
{
	const struct kn_ns *home = &world->topo->ns[0];
	struct collect collect = { .journal = journal };
	struct kn_dump dump = { begin_addrs, each_addr, &collect };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_world_talk(world, home, &talk, err);

	if (!code)
		code = kn_talk_dump(talk, kn_msg_addr_dump(buf, journal->ifindex), &dump, err);
	if (!code)
		code = kn_route_walk(world, home, AF_INET, each_route, &collect, err);
	if (!code)
		code = kn_route_walk(world, home, AF_INET6, each_route, &collect, err);
	if (!code && collect.code)
		code = kn_fail(err, collect.code, "out of memory");
	return code;
}

int kn_uplink_snapshot(struct kn_world *world, const struct kn_link_info *info, const char *ns,
		       struct kn_journal *journal, struct kn_err *err)
{
	*journal = (struct kn_journal){
		.ifindex = info->ifindex,
		.mtu = info->mtu,
		.up = info->flags & IFF_UP,
		.has_mac = info->has_mac,
		.has_permanent_mac = info->has_permanent_mac,
	};
	snprintf(journal->ns, sizeof(journal->ns), "%s", ns);
	snprintf(journal->name, sizeof(journal->name), "%s", info->name);
	snprintf(journal->kind, sizeof(journal->kind), "%s", info->kind);
	memcpy(journal->mac, info->mac, 6);
	memcpy(journal->permanent_mac, info->permanent_mac, 6);
	kn_journal_boot_id(journal->boot_id);
	journal->altnames = calloc(info->altnames + 1, sizeof(*journal->altnames));
	for (size_t i = 0; journal->altnames && i < info->altnames; i++)
		snprintf(journal->altnames[journal->n_altnames++], 128, "%s", info->altname[i]);
	save_sysctls(journal);
	return save_networks(world, journal, err);
}
