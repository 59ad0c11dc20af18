/* SPDX-License-Identifier: MIT */
#include "uplink_guard.h"
#include "address.h"
#include "route.h"
#include "uplink_find.h"
#include "uplink_nexthop.h"
#include "uplink_journal.h"
#include "uplink_route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* --- members and uppers --- */

/* A veth's or netkit's link is its peer. */
static bool stands_on(const struct kn_link_info *info, const void *data)
{
	return info->link == *(const int *)data && !info->link_elsewhere &&
	       strcmp(info->kind, "veth") != 0 && strcmp(info->kind, "netkit") != 0;
}

static int is_free(struct kn_nets *nets, const struct kn_link_info *info, struct kn_err *err)
{
	struct kn_link_info upper;
	int code;

	if (info->master)
		return kn_fail(err, -EBUSY, "uplink %s: it is a member of another interface here",
			       info->name);
	code = kn_uplink_find(nets, &nets->topo->ns[0], stands_on, &info->ifindex, &upper, err);
	if (code == -ENODEV)
		return 0;
	if (code == -ENOTUNIQ)
		return kn_fail(err, -EBUSY,
			       "uplink %s: several interfaces stand on it and would be lost or cut "
			       "off: remove them first",
			       info->name);
	return code ? code
		    : kn_fail(err, -EBUSY,
			      "uplink %s: %s (%s) stands on it and would be lost or cut off: "
			      "remove it first",
			      info->name, upper.name, upper.kind[0] ? upper.kind : "device");
}

/* --- the way out --- */

struct way_out {
	struct kn_uses uses;
	char by[80]; /* what leads out, or empty */
};

/* A route to so many addresses counts as a way out, in any table and for any packets: for example
 * the two halves that a VPN sets beside a default route, or 2000::/3.
 */
static bool is_wide(const struct kn_route_info *info)
{
	return info->type == RTN_UNICAST && info->route.table != RT_TABLE_LOCAL &&
	       info->route.to.len < (info->route.to.family == AF_INET6 ? 16 : 8);
}

static void look_at_route(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct way_out *out = data;
	char to[KN_PREFIX_TEXT];

	if (!info || !is_wide(info) || !kn_route_uses(nlh, &out->uses))
		return;
	if (!info->route.to.len && info->route.table == RT_TABLE_MAIN)
		snprintf(out->by, sizeof(out->by), "the default route");
	else if (!out->by[0])
		snprintf(out->by, sizeof(out->by), "the route %s of table %u",
			 kn_prefix_text(&info->route.to, to), info->route.table);
}

static int look_at_answer(const struct nlmsghdr *nlh, void *data)
{
	struct way_out *out = data;
	struct kn_route_info info;

	if (!out->by[0] && kn_read_route(nlh, &info) == 0 && info.type == RTN_UNICAST &&
	    kn_route_uses(nlh, &out->uses))
		snprintf(out->by, sizeof(out->by), "a way out");
	return MNL_CB_OK;
}

/* The kernel is asked for the route to one address of each public /8 of IPv4, and of each /8 of
 * IPv6's 2000::/3.
 */
static struct kn_prefix somewhere(unsigned int i)
{
	struct kn_prefix to = { .family = AF_INET, .len = 32 };

	if (i < 224) {
		memset(to.bytes, (int)i, 4);
		return to;
	}
	to = (struct kn_prefix){ .family = AF_INET6, .len = 128 };
	to.bytes[0] = (uint8_t)(0x20 + i - 224);
	to.bytes[15] = 1;
	return to;
}
#define SOMEWHERES (224 + 32)

static bool is_public(unsigned int i)
{
	return i != 0 && i != 10 && i != 127;
}

static int ask(struct kn_nets *nets, unsigned int i, bool whole, mnl_cb_t each, void *data,
	       struct kn_err *err)
{
	struct kn_prefix to = somewhere(i);
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, &nets->topo->ns[0], &talk, err);

	if (code || !is_public(i))
		return code;
	code = kn_talk_get(talk, kn_msg_route_get(buf, &to, whole), each, data, err);
	/* Every other error means that there is no route. */
	return code == -ENOMEM || code == -ENOBUFS ? code : 0;
}

static int find_way_out(struct kn_nets *nets, struct way_out *out, struct kn_err *err)
{
	const struct kn_ns *home = &nets->topo->ns[0];
	int code = kn_route_walk(nets, home, AF_INET, look_at_route, out, err);

	if (!code)
		code = kn_route_walk(nets, home, AF_INET6, look_at_route, out, err);
	for (unsigned int i = 0; i < SOMEWHERES && !code && !out->by[0]; i++)
		code = ask(nets, i, true, look_at_answer, out, err);
	return code;
}

int kn_uplink_may_go(struct kn_nets *nets, const struct kn_link_info *info, bool may_move,
		     struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal own = { .ifindex = info->ifindex };
	struct way_out out = { .uses = { info->ifindex, &own.nexthops } };
	int code = is_free(nets, info, err);

	if (code || may_move)
		return code;
	code = kn_nexthop_save(nets, &own, err);
	if (!code)
		code = find_way_out(nets, &out, err);
	if (code || !out.by[0])
		return code;
	return kn_fail(err, -EPERM,
		       "uplink %s carries %s and may be the only way in: "
		       "--yes-move-uplink moves it all the same",
		       info->name, out.by);
}

/* --- the way back --- */

int kn_uplink_may_return(struct kn_nets *nets, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_uplink_place place;
	int code = kn_uplink_journal(nets, &journal, err);
	bool lost = code == -ENOENT;

	if (lost)
		code = kn_uplink_journal_copy(nets, &journal, err);
	if (code)
		return code == -ENOENT ? 0 : code;
	code = kn_uplink_locate(nets, &journal, &place, err);
	if (lost && code == -ENODEV)
		return 0;
	if (code)
		return kn_fail_at(err, code, "uplink %s", journal.name);
	if (lost && place.ns != &nets->topo->ns[0])
		return kn_fail(err, -ENODATA,
			       "uplink %s: its journal was lost: it would come home with its "
			       "addresses only",
			       journal.name);
	return 0;
}

/* --- the interface of the default route --- */

struct default_route {
	bool found;
	uint32_t metric;
	int ifindex, other; /* other: a second one is as good */
};

static void add_path(const struct kn_path *path, void *data)
{
	struct default_route *best = data;

	if (!best->ifindex)
		best->ifindex = path->ifindex;
	else if (path->ifindex && path->ifindex != best->ifindex)
		best->other = path->ifindex;
}

/* A route with a nexthop object has its path too, unless net.ipv4.nexthop_compat_mode is 0. Then
 * the kernel is asked for the route it takes.
 */
static void add_oif(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct kn_path path = { .ifindex = info->route.oif };

	if (info->route.oif)
		add_path(&path, data);
	else
		kn_route_paths(nlh, add_path, data);
}

static void look_at_default(const struct kn_route_info *info, const struct nlmsghdr *nlh,
			    void *data)
{
	struct default_route *best = data;

	if (!info) {
		*best = (struct default_route){};
		return;
	}
	if (info->route.to.len || info->type != RTN_UNICAST || info->route.table != RT_TABLE_MAIN ||
	    (best->found && info->route.metric > best->metric))
		return;
	if (!best->found || info->route.metric < best->metric)
		*best = (struct default_route){ .found = true, .metric = info->route.metric };
	add_oif(info, nlh, best);
}

static int take_answer(const struct nlmsghdr *nlh, void *data)
{
	struct kn_route_info info;

	if (kn_read_route(nlh, &info) == 0 && info.type == RTN_UNICAST)
		add_oif(&info, nlh, data);
	return MNL_CB_OK;
}

int kn_uplink_default(struct kn_nets *nets, int *ifindex, struct kn_err *err)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct default_route best = {};
	int code = 0;

	for (size_t i = 0; i < 2 && !code && !best.ifindex; i++)
		code = kn_route_walk(nets, &nets->topo->ns[0], families[i], look_at_default, &best,
				     err);
	for (unsigned int i = 0; i < SOMEWHERES && !code && !best.ifindex; i++)
		code = ask(nets, i, false, take_answer, &best, err);
	if (code)
		return code;
	if (best.other)
		return kn_fail(err, -ENOTUNIQ,
			       "uplink.default_route: several interfaces lead out: name one");
	if (!best.ifindex)
		return kn_fail(err, -ENODEV,
			       "uplink.default_route: there is no default route here");
	*ifindex = best.ifindex;
	return 0;
}
