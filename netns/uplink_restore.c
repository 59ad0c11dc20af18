/* SPDX-License-Identifier: MIT */
#include "uplink_restore.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define STAND_IN "knuplink%d" /* what it is called while its own name is taken */

struct search {
	kn_link_match *match;
	const void *data;
	bool found;
	struct kn_link_info link;
};

static void begin(void *data)
{
	((struct search *)data)->found = false;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	struct kn_link_info info;

	if (!search->found && kn_read_link(nlh, &info) == 0 && search->match(&info, search->data)) {
		search->found = true;
		search->link = info;
	}
	return MNL_CB_OK;
}

int kn_uplink_find(struct kn_world *world, const struct kn_ns *ns, kn_link_match *match,
		   const void *data, struct kn_link_info *out, struct kn_err *err)
{
	struct search search = { .match = match, .data = data };
	struct kn_dump dump = { begin, each, &search };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_world_talk(world, ns, &talk, err);

	if (!code)
		code = kn_talk_dump(talk, kn_msg_link_dump(buf), &dump, err);
	if (code)
		return code;
	if (!search.found)
		return kn_fail(err, -ENODEV, "no such interface in namespace \"%s\"", ns->name);
	*out = search.link;
	return 0;
}

bool kn_uplink_matches(const struct kn_link_info *info, const void *data)
{
	const struct kn_journal *journal = data;

	if (strcmp(info->kind, journal->kind) != 0)
		return false;
	if (journal->has_permanent_mac && info->has_permanent_mac)
		return memcmp(info->permanent_mac, journal->permanent_mac, 6) == 0;
	if (journal->has_mac && info->has_mac)
		return memcmp(info->mac, journal->mac, 6) == 0;
	return strcmp(info->name, journal->name) == 0;
}

/* The part of a restore that goes on in the first namespace. */
struct restore {
	struct kn_world *world;
	const struct kn_ns *home;
	const struct kn_journal *journal;
	struct kn_link_info now;
	bool name_taken;
	struct kn_err *err;
};

static int change(struct restore *r, struct nlmsghdr *nlh)
{
	return kn_world_do(r->world, r->home, nlh, r->err);
}

static int move_home(struct restore *r, const struct kn_ns *ns)
{
	char buf[KN_MSG_SIZE];
	int fd = kn_world_fd(r->world, r->home, r->err);
	int code = kn_uplink_find(r->world, ns, kn_uplink_matches, r->journal, &r->now, r->err);

	if (code)
		return kn_is_gone(code) ? 0 : code; /* perhaps it is home */
	code = kn_world_do(r->world, ns, kn_msg_link_move(buf, r->now.ifindex, fd, NULL), r->err);
	if (code == -EEXIST) /* the kernel fills in the number */
		code = kn_world_do(r->world, ns,
				   kn_msg_link_move(buf, r->now.ifindex, fd, STAND_IN), r->err);
	return code;
}

/* Renaming an interface needs it down before 6.2. */
static int restore_name(struct restore *r)
{
	char buf[KN_MSG_SIZE];
	int code;

	if (strcmp(r->now.name, r->journal->name) == 0)
		return 0;
	code = change(r, kn_msg_link_flags(buf, r->now.ifindex, 0, IFF_UP));
	if (!code)
		code = change(r, kn_msg_link_rename(buf, r->now.ifindex, r->journal->name));
	if (code == -EEXIST) {
		r->name_taken = true;
		return 0;
	}
	if (!code)
		snprintf(r->now.name, sizeof(r->now.name), "%s", r->journal->name);
	return code;
}

static bool has_altname(const struct kn_link_info *info, const char *altname)
{
	for (unsigned int i = 0; i < info->altnames; i++)
		if (strcmp(info->altname[i], altname) == 0)
			return true;
	return false;
}

static int restore_attributes(struct restore *r)
{
	const struct kn_journal *journal = r->journal;
	bool other_mac = journal->has_mac && memcmp(journal->mac, r->now.mac, 6) != 0;
	char buf[KN_MSG_SIZE];
	int code = 0;

	if (r->now.mtu != journal->mtu || other_mac)
		code = change(r, kn_msg_link_attrs(buf, r->now.ifindex, journal->mtu,
						   other_mac ? journal->mac : NULL));
	for (size_t i = 0; i < journal->n_altnames && !code; i++) {
		if (has_altname(&r->now, journal->altnames[i]))
			continue;
		code = change(r, kn_msg_altname_add(buf, r->now.ifindex, journal->altnames[i]));
		if (code == -EEXIST)
			code = 0; /* somebody else's by now */
	}
	return code;
}

/* Best effort: a value that cannot be set must not keep the interface away. */
static int restore_sysctls(struct restore *r)
{
	char path[256], now[64];

	for (size_t i = 0; i < r->journal->n_sysctls; i++) {
		const struct kn_saved_sysctl *saved = &r->journal->sysctls[i];
		_cleanup_fd_ int fd = -1;
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/sys/net/%.4s/conf/%s/%s", saved->key,
			 r->now.name, saved->key + 5);
		fd = open(path, O_RDWR | O_CLOEXEC);
		len = fd < 0 ? -1 : read(fd, now, sizeof(now) - 1);
		if (len <= 0)
			continue;
		now[len] = '\0';
		now[strcspn(now, "\n")] = '\0';
		if (strcmp(now, saved->value) != 0 &&
		    pwrite(fd, saved->value, strlen(saved->value), 0) < 0)
			fprintf(stderr, "kidos-netns: %s = %s: %s\n", path, saved->value,
				strerror(errno));
	}
	return 0;
}

static int restore_state(struct restore *r)
{
	char buf[KN_MSG_SIZE];

	return change(r,
		      kn_msg_link_flags(buf, r->now.ifindex, r->journal->up ? IFF_UP : 0, IFF_UP));
}

static int restore_addresses(struct restore *r)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	struct nlmsghdr *nlh = (void *)buf;
	struct ifaddrmsg *ifa;
	int code;

	for (size_t i = 0; i < r->journal->n_addrs; i++) {
		const struct kn_saved *saved = &r->journal->addrs[i];

		if (saved->len > sizeof(buf) || saved->len < NLMSG_HDRLEN + sizeof(*ifa))
			return kn_fail(r->err, -EBADMSG, "journal: address %s", saved->text);
		memcpy(buf, saved->message, saved->len);
		nlh->nlmsg_type = RTM_NEWADDR;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
		ifa = mnl_nlmsg_get_payload(nlh);
		ifa->ifa_index = (uint32_t)r->now.ifindex;
		code = change(r, nlh);
		if (code)
			return kn_fail_at(r->err, code, "address %s", saved->text);
	}
	return 0;
}

/* Its number may be another by now, if somebody took the old one. */
static void renumber(struct nlmsghdr *nlh, int from, int to)
{
	struct rtnexthop *hop;
	struct nlattr *attr;
	uint32_t oif;
	int left;

	mnl_attr_for_each (attr, nlh, sizeof(struct rtmsg)) {
		if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_get_payload_len(attr) >= 4) {
			memcpy(&oif, mnl_attr_get_payload(attr), 4);
			oif = oif == (uint32_t)from ? (uint32_t)to : oif;
			memcpy(mnl_attr_get_payload(attr), &oif, 4);
		}
		if (mnl_attr_get_type(attr) != RTA_MULTIPATH)
			continue;
		hop = mnl_attr_get_payload(attr);
		left = mnl_attr_get_payload_len(attr);
		while (kn_hop_ok(hop, left)) {
			if (hop->rtnh_ifindex == from)
				hop->rtnh_ifindex = to;
			hop->rtnh_flags &= RTNH_F_ONLINK;
			left -= RTNH_ALIGN(hop->rtnh_len);
			hop = RTNH_NEXT(hop);
		}
	}
}

static int restore_route(struct restore *r, const struct kn_saved *saved)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	struct nlmsghdr *nlh = (void *)buf;
	struct rtmsg *rtm;
	int code;

	if (saved->len > sizeof(buf) || saved->len < NLMSG_HDRLEN + sizeof(*rtm))
		return kn_fail(r->err, -EBADMSG, "journal: route %s", saved->text);
	memcpy(buf, saved->message, saved->len);
	nlh->nlmsg_type = RTM_NEWROUTE;
	/* Beside what others have set meanwhile, not instead of it. */
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND;
	rtm = mnl_nlmsg_get_payload(nlh);
	rtm->rtm_flags &=
		RTNH_F_ONLINK; /* the rest is state, which the kernel refuses to be told */
	renumber(nlh, r->journal->ifindex, r->now.ifindex);
	code = change(r, nlh);
	return code == -EEXIST ? 0 : code;
}

/* A route by a gateway needs the route to the gateway first, and the dump has them in the order of
 * their prefixes: go round until a round brings nothing.
 */
static int restore_routes(struct restore *r)
{
	size_t n = r->journal->n_routes, left = n, before;
	_cleanup_free_ bool *done = calloc(n + 1, sizeof(*done));
	int code = 0;

	if (!done)
		return kn_fail(r->err, -ENOMEM, "out of memory");
	do {
		before = left;
		for (size_t i = 0; i < n; i++) {
			int each_code = done[i] ? 0 : restore_route(r, &r->journal->routes[i]);

			if (each_code)
				code = kn_fail_at(r->err, each_code, "route %s",
						  r->journal->routes[i].text);
			else if (!done[i]) {
				done[i] = true;
				left--;
			}
		}
	} while (left && left < before);
	return left ? code : 0;
}

int kn_uplink_restore(struct kn_world *world, const struct kn_ns *ns,
		      const struct kn_journal *journal, struct kn_err *err)
{
	static int (*const parts[])(struct restore *) = {
		restore_name,  restore_attributes, restore_sysctls,
		restore_state, restore_addresses,  restore_routes,
	};
	struct restore r = { world, &world->topo->ns[0], journal, {}, false, err };
	int code = move_home(&r, ns);

	if (!code)
		code = kn_uplink_find(world, r.home, kn_uplink_matches, journal, &r.now, err);
	if (code)
		return kn_fail_at(err, code, "uplink %s", journal->name);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		code = parts[i](&r);
		if (code)
			return kn_fail_at(err, code, "uplink %s", journal->name);
	}
	if (!r.name_taken)
		return 0;
	return kn_fail(err, -EEXIST,
		       "uplink %s is back as %s, because another interface has its name; free the "
		       "name and run down again",
		       journal->name, r.now.name);
}
