/* SPDX-License-Identifier: MIT */
#include "uplink.h"
#include "address.h"
#include "step.h"
#include "uplink_find.h"
#include "uplink_guard.h"
#include "uplink_journal.h"
#include "uplink_lost.h"
#include "uplink_restore.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static const struct kn_ns *home(const struct kn_nets *nets)
{
	return &nets->topo->ns[0];
}

/* --- which interface it is --- */

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

static int find_in_home(struct kn_nets *nets, struct kn_link *link, struct kn_link_info *info,
			struct kn_err *err)
{
	int code, ifindex;

	if (link->by_mac) {
		code = kn_uplink_find(nets, home(nets), has_mac, link->mac, info, err);
		if (code == -ENODEV)
			return kn_fail(err, code, "uplink.mac: no such interface here");
		return code ? kn_fail_at(err, code, "uplink.mac") : 0;
	}
	if (!link->by_default_route) {
		code = kn_nets_link(nets, home(nets), link->name, info, err);
		return code ? kn_fail_at(err, code, "uplink.interface \"%s\"", link->name) : 0;
	}
	code = kn_uplink_default(nets, &ifindex, err);
	return code ? code : kn_uplink_find(nets, home(nets), has_ifindex, &ifindex, info, err);
}

int kn_uplink_resolve(struct kn_nets *nets, bool may_move, struct kn_err *err)
{
	struct kn_link *link = nets->topo->uplink;
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_link_info info;
	int code;

	if (!link)
		return 0;
	code = kn_uplink_journal(nets, &journal, err);
	if (!code) {
		snprintf(link->name, sizeof(link->name), "%s", journal.name);
		return 0;
	}
	if (code != -ENOENT)
		return code;
	code = find_in_home(nets, link, &info, err);
	if (!code)
		code = kn_uplink_may_go(nets, &info, may_move, err);
	if (!code)
		snprintf(link->name, sizeof(link->name), "%s", info.name);
	return code;
}

/* --- the step --- */

static void text(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "uplink to %s", step->ns->name);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_uplink_place place;
	int code = kn_uplink_journal(nets, &journal, err);

	if (code)
		return code == -ENOENT ? KN_ABSENT : code;
	code = kn_uplink_locate(nets, &journal, &place, err);
	if (code || place.ns != step->ns)
		return code && !kn_is_gone(code) ? code : KN_ABSENT;
	if (step->link->mtu && place.link.mtu != step->link->mtu) {
		kn_fail(err, 0, "its MTU is %u, not %u", place.link.mtu, step->link->mtu);
		return KN_DIFFERS;
	}
	return KN_FITS;
}

/* An existing journal is of a run that was killed. It has the state before the move, while the
 * interface may be half moved now.
 */
static int ensure_journal(struct kn_nets *nets, const struct kn_step *step,
			  struct kn_journal *journal, struct kn_err *err)
{
	struct kn_link_info info;
	int code = kn_uplink_journal(nets, journal, err);

	if (code != -ENOENT)
		return code;
	code = kn_nets_link(nets, home(nets), step->link->name, &info, err);
	if (!code)
		code = kn_uplink_print_lost(nets, &info, err);
	if (!code)
		code = kn_uplink_snapshot(nets, &info, step->ns->name, journal, err);
	if (code)
		return code;
	journal->file = nets->place ? strdup(nets->place) : NULL;
	journal->topology = strdup(nets->topo->json);
	return kn_uplink_journal_write(nets, journal, err);
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_uplink_place place;
	char buf[KN_MSG_SIZE];
	int ns_fd = kn_nets_fd(nets, step->ns, err);
	int code = ns_fd < 0 ? ns_fd : ensure_journal(nets, step, &journal, err);

	if (code)
		return code;
	code = kn_uplink_locate(nets, &journal, &place, err);
	if (code)
		return kn_fail_at(err, code, "uplink %s", journal.name);
	code = kn_nets_do(nets, place.ns, kn_msg_link_move(buf, place.link.ifindex, ns_fd, NULL),
			  err);
	if (code || !step->link->mtu)
		return code;
	return step->ops->mend(nets, step, err);
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info info;
	char buf[KN_MSG_SIZE];
	int code = kn_nets_link(nets, step->ns, step->link->name, &info, err);

	return code ? code
		    : kn_nets_do(nets, step->ns,
				 kn_msg_link_attrs(buf, info.ifindex, step->link->mtu, NULL), err);
}

/* Without the journal the interface comes home with what the copy has, which is not everything. */
static int undo_by_copy(struct kn_nets *nets, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal copy = {};
	struct kn_uplink_place place;
	int code = kn_uplink_journal_copy(nets, &copy, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	code = kn_uplink_locate(nets, &copy, &place, err);
	/* Whoever removed the journal of an interface that is gone goes on without it. */
	if (code == -ENODEV || (!code && place.ns == home(nets)))
		return kn_uplink_journal_remove(nets, err);
	if (!code)
		code = kn_uplink_restore(nets, &copy, err);
	if (!code)
		code = kn_uplink_journal_remove(nets, err);
	return code ? code
		    : kn_fail(err, -ENODATA,
			      "uplink %s: its journal was lost: it is home with its addresses, but "
			      "its routes and neighbours have to be set by hand",
			      copy.name);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	int code = kn_uplink_journal(nets, &journal, err);

	(void)step;
	if (code == -ENOENT)
		return undo_by_copy(nets, err);
	if (!code)
		code = kn_uplink_restore(nets, &journal, err);
	return code ? code : kn_uplink_journal_remove(nets, err);
}

const struct kn_step_ops kn_step_uplink = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};

/* --- around the step --- */

int kn_uplink_is_in(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_uplink_place place;
	int code = kn_uplink_journal(nets, &journal, err);

	if (code == -ENOENT)
		code = kn_uplink_journal_copy(nets, &journal, err);
	if (code)
		return code == -ENOENT ? 0 : code;
	code = kn_uplink_locate(nets, &journal, &place, err);
	if (code)
		return code == -ENODEV ? 0 : code;
	return place.ns == ns;
}

/* Of this boot and of a record that is there: all others are recovered first. */
static bool is_open(const struct kn_nets *nets, const struct kn_journal *journal)
{
	char key[KN_STEP_TEXT], boot_id[40];
	struct kn_ns ns = {};
	struct kn_step step = { .ops = &kn_step_uplink, .ns = &ns };

	snprintf(ns.name, sizeof(ns.name), "%s", journal->ns);
	text(&step, key, sizeof(key));
	kn_journal_boot_id(boot_id);
	return strcmp(boot_id, journal->boot_id) == 0 && kn_state_ours(nets->state, key);
}

int kn_uplink_check_closed(struct kn_nets *nets, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	struct kn_uplink_place place;
	char path[PATH_MAX];
	int code = kn_uplink_journal(nets, &journal, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	if (!is_open(nets, &journal) || kn_uplink_locate(nets, &journal, &place, err) ||
	    place.ns != home(nets))
		return 0; /* away, or an error of the step */
	return kn_fail(err, -EBUSY,
		       "uplink %s is home, but its journal %s is still open: something may not be "
		       "back yet. Run down until it succeeds, or remove the journal if what is "
		       "missing is not wanted any more",
		       place.link.name, kn_uplink_journal_path(nets, path));
}

static bool is_global(const struct kn_addr_info *info, const void *data)
{
	(void)data;
	return info->scope == RT_SCOPE_UNIVERSE && !(info->flags & IFA_F_TENTATIVE);
}

/* After a reboot the distribution may have brought it up again, with newer addresses than ours. */
static bool boot_configured_it(struct kn_nets *nets, const struct kn_journal *journal)
{
	struct kn_uplink_place place;
	struct kn_err ignored;

	return kn_uplink_locate(nets, journal, &place, &ignored) == 0 && place.ns == home(nets) &&
	       strcmp(place.link.name, journal->name) == 0 && (place.link.flags & IFF_UP) &&
	       kn_address_find(nets, place.ns, place.link.name, is_global, NULL, &ignored) == 1;
}

int kn_uplink_recover(struct kn_nets *nets, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	char boot_id[40];
	int code = kn_uplink_journal(nets, &journal, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	if (is_open(nets, &journal))
		return 0; /* the step's own business */
	kn_journal_boot_id(boot_id);
	if (strcmp(boot_id, journal.boot_id) != 0 && boot_configured_it(nets, &journal)) {
		fprintf(stderr, "kidos-netns: uplink %s was set up by this boot: journal dropped\n",
			journal.name);
		return kn_uplink_journal_remove(nets, err);
	}
	code = undo(nets, NULL, err);
	if (!code)
		fprintf(stderr, "kidos-netns: uplink %s restored from its journal\n", journal.name);
	return code;
}
