/* SPDX-License-Identifier: MIT */
#include "uplink.h"
#include "address.h"
#include "journal.h"
#include "netlink/cleanup.h"
#include "route.h"
#include "step.h"
#include "uplink_restore.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define _cleanup_journal_ __attribute__((cleanup(kn_journal_clear)))

static const struct kn_ns *home(const struct kn_world *world)
{
	return &world->topo->ns[0];
}

static int read_journal(struct kn_world *world, struct kn_journal *journal, struct kn_err *err)
{
	*journal = (struct kn_journal){};
	if (!world->state)
		return kn_fail(err, -ENOENT, "no journal");
	return kn_journal_read(kn_state_lib(world->state), world->topo->name, journal, err);
}

/* --- which interface it is --- */

struct default_routes {
	int ifindex; /* of the default route with the lowest metric, IPv4 first; 0: none */
	uint32_t metric;
	int asked; /* does this interface carry any default route? */
	bool carries;
};

static void look_at_default(const struct kn_route_info *info, const struct nlmsghdr *nlh,
			    void *data)
{
	struct default_routes *routes = data;

	if (!info || info->route.to.len || info->type != RTN_UNICAST ||
	    info->route.table != RT_TABLE_MAIN)
		return;
	if (routes->asked && kn_route_uses(nlh, routes->asked))
		routes->carries = true;
	if (info->route.oif && (!routes->ifindex || info->route.metric < routes->metric)) {
		routes->ifindex = info->route.oif;
		routes->metric = info->route.metric;
	}
}

static int default_routes(struct kn_world *world, struct default_routes *routes, struct kn_err *err)
{
	struct default_routes v6 = { .asked = routes->asked };
	int code = kn_route_walk(world, home(world), AF_INET, look_at_default, routes, err);

	if (!code)
		code = kn_route_walk(world, home(world), AF_INET6, look_at_default, &v6, err);
	if (code)
		return code;
	if (!routes->ifindex)
		routes->ifindex = v6.ifindex;
	routes->carries |= v6.carries;
	return 0;
}

static bool has_ifindex(const struct kn_link_info *info, const void *data)
{
	return info->ifindex == *(const int *)data;
}

static bool has_mac(const struct kn_link_info *info, const void *data)
{
	/* Only the device itself: VLANs and bridges on top of it share its address. */
	if (info->kind[0] && strcmp(info->kind, "veth") != 0)
		return false;
	if (info->has_permanent_mac && memcmp(info->permanent_mac, data, 6) == 0)
		return true;
	return info->has_mac && memcmp(info->mac, data, 6) == 0;
}

static int find_in_home(struct kn_world *world, struct kn_link *link, struct kn_link_info *info,
			struct kn_err *err)
{
	struct default_routes routes = {};
	int code;

	if (link->by_mac) {
		code = kn_uplink_find(world, home(world), has_mac, link->mac, info, err);
		return code == -ENODEV ? kn_fail(err, code, "uplink.mac: no such interface here")
				       : code;
	}
	if (!link->by_default_route) {
		code = kn_world_link(world, home(world), link->name, info, err);
		return code ? kn_fail_at(err, code, "uplink.interface \"%s\"", link->name) : 0;
	}
	code = default_routes(world, &routes, err);
	if (code)
		return code;
	if (!routes.ifindex)
		return kn_fail(err, -ENODEV,
			       "uplink.default_route: there is no default route here");
	return kn_uplink_find(world, home(world), has_ifindex, &routes.ifindex, info, err);
}

static int may_go(struct kn_world *world, const struct kn_link_info *info, bool may_move,
		  struct kn_err *err)
{
	struct default_routes routes = { .asked = info->ifindex };
	int code;

	if (info->master)
		return kn_fail(err, -EBUSY, "uplink %s: it is a member of another interface here",
			       info->name);
	code = default_routes(world, &routes, err);
	if (code || may_move || !routes.carries)
		return code;
	return kn_fail(err, -EPERM,
		       "uplink %s carries the default route and may be the only way in: "
		       "--yes-move-uplink moves it all the same",
		       info->name);
}

int kn_uplink_resolve(struct kn_world *world, bool may_move, struct kn_err *err)
{
	struct kn_link *link = world->topo->uplink;
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_link_info info;
	int code;

	if (!link)
		return 0;
	code = read_journal(world, &journal, err);
	if (!code) {
		snprintf(link->name, sizeof(link->name), "%s", journal.name);
		return 0;
	}
	if (code != -ENOENT)
		return code;
	code = find_in_home(world, link, &info, err);
	if (!code)
		code = may_go(world, &info, may_move, err);
	if (!code)
		snprintf(link->name, sizeof(link->name), "%s", info.name);
	return code;
}

/* --- the step --- */

static void text(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "uplink to %s", step->ns->name);
}

static int probe(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_link_info info;
	int code = read_journal(world, &journal, err);

	if (code)
		return code == -ENOENT ? KN_ABSENT : code;
	code = kn_uplink_find(world, step->ns, kn_uplink_matches, &journal, &info, err);
	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	if (step->link->mtu && info.mtu != step->link->mtu) {
		kn_fail(err, 0, "its MTU is %u, not %u", info.mtu, step->link->mtu);
		return KN_DIFFERS;
	}
	return KN_FITS;
}

/* A journal that is there already is of a run that was killed: what it says is the truth, and
 * what the interface is now may be half a move.
 */
static int ensure_journal(struct kn_world *world, const struct kn_step *step,
			  struct kn_journal *journal, struct kn_err *err)
{
	struct kn_link_info info;
	int code = read_journal(world, journal, err);

	if (code != -ENOENT)
		return code;
	code = kn_world_link(world, home(world), step->link->name, &info, err);
	if (!code)
		code = kn_uplink_snapshot(world, &info, step->ns->name, journal, err);
	if (code)
		return code;
	return kn_journal_write(kn_state_lib(world->state), world->topo->name, journal, err);
}

static int make(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_link_info info;
	char buf[KN_MSG_SIZE];
	int ns_fd = kn_world_fd(world, step->ns, err);
	int code = ns_fd < 0 ? ns_fd : ensure_journal(world, step, &journal, err);

	if (code)
		return code;
	code = kn_uplink_find(world, home(world), kn_uplink_matches, &journal, &info, err);
	if (code)
		return kn_fail_at(err, code, "uplink %s", journal.name);
	code = kn_world_do(world, home(world), kn_msg_link_move(buf, info.ifindex, ns_fd, NULL),
			   err);
	if (code || !step->link->mtu)
		return code;
	return step->ops->mend(world, step, err);
}

static int mend(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info info;
	char buf[KN_MSG_SIZE];
	int code = kn_world_link(world, step->ns, step->link->name, &info, err);

	return code ? code
		    : kn_world_do(world, step->ns,
				  kn_msg_link_attrs(buf, info.ifindex, step->link->mtu, NULL), err);
}

static int undo(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	int code = read_journal(world, &journal, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	code = kn_uplink_restore(world, step->ns, &journal, err);
	if (code)
		return code;
	return kn_journal_remove(kn_state_lib(world->state), world->topo->name, err);
}

const struct kn_step_ops kn_step_uplink = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};

/* --- around the step --- */

bool kn_uplink_is_in(struct kn_world *world, const struct kn_ns *ns)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_link_info info;
	struct kn_err ignored;

	if (!world->topo->uplink || world->topo->uplink->ns != ns ||
	    read_journal(world, &journal, &ignored) < 0)
		return false;
	return kn_uplink_find(world, ns, kn_uplink_matches, &journal, &info, &ignored) == 0;
}

static bool is_global(const struct kn_addr_info *info, const void *data)
{
	(void)data;
	return info->scope == RT_SCOPE_UNIVERSE && !(info->flags & IFA_F_TENTATIVE);
}

/* After a reboot the distribution may have brought it up again, with newer addresses than ours. */
static bool boot_configured_it(struct kn_world *world, const struct kn_journal *journal)
{
	struct kn_link_info info;
	struct kn_err ignored;

	return kn_uplink_find(world, home(world), kn_uplink_matches, journal, &info, &ignored) ==
		       0 &&
	       strcmp(info.name, journal->name) == 0 && (info.flags & IFF_UP) &&
	       kn_address_find(world, home(world), info.name, is_global, NULL, &ignored) == 1;
}

int kn_uplink_recover(struct kn_world *world, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	char key[KN_STEP_TEXT], boot_id[40];
	struct kn_step step = { .ops = &kn_step_uplink };
	bool this_boot;
	int code;

	if (!world->topo->uplink)
		return 0;
	code = read_journal(world, &journal, err);
	if (code)
		return code == -ENOENT ? 0 : code;
	step.ns = world->topo->uplink->ns;
	step.link = world->topo->uplink;
	text(&step, key, sizeof(key));
	kn_journal_boot_id(boot_id);
	this_boot = strcmp(boot_id, journal.boot_id) == 0;
	if (this_boot && kn_state_ours(world->state, key))
		return 0; /* the step's own business */
	if (!this_boot && boot_configured_it(world, &journal)) {
		fprintf(stderr, "kidos-netns: uplink %s was set up by this boot: journal dropped\n",
			journal.name);
		return kn_journal_remove(kn_state_lib(world->state), world->topo->name, err);
	}
	code = undo(world, &step, err);
	if (!code)
		fprintf(stderr, "kidos-netns: uplink %s restored from its journal\n", journal.name);
	return code;
}
