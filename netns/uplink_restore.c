/* SPDX-License-Identifier: MIT */
#include "uplink_restore.h"
#include "uplink_compare.h"
#include "uplink_find.h"
#include "uplink_networks.h"
#include "uplink_settings.h"

#include <errno.h>
#include <string.h>

#define STAND_IN "knuplink%d" /* what it is called while its own name is taken */

static int change(struct kn_return *r, struct nlmsghdr *nlh)
{
	return kn_nets_do(r->nets, r->home, nlh, r->err);
}

static int move_home(struct kn_return *r)
{
	struct kn_uplink_place place;
	char buf[KN_MSG_SIZE];
	int fd = kn_nets_fd(r->nets, r->home, r->err);
	int code = kn_uplink_locate(r->nets, r->journal, &place, r->err);

	if (code || place.ns == r->home) {
		r->now = place.link;
		return code;
	}
	code = kn_nets_do(r->nets, place.ns, kn_msg_link_move(buf, place.link.ifindex, fd, NULL),
			  r->err);
	if (code == -EEXIST) /* the kernel fills in the number */
		code = kn_nets_do(r->nets, place.ns,
				  kn_msg_link_move(buf, place.link.ifindex, fd, STAND_IN), r->err);
	if (!code)
		code = kn_uplink_locate(r->nets, r->journal, &place, r->err);
	if (!code && place.ns != r->home)
		code = kn_fail(r->err, -ENODEV, "it is still in namespace %s", place.ns->name);
	r->now = place.link;
	return code;
}

/* Renaming an interface needs it down before 6.2. */
static int restore_name(struct kn_return *r)
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
	r->renamed = true;
	return code;
}

static bool has_altname(const struct kn_link_info *info, const char *altname)
{
	for (unsigned int i = 0; i < info->altnames; i++)
		if (strcmp(info->altname[i], altname) == 0)
			return true;
	return false;
}

static int restore_attributes(struct kn_return *r)
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

static int restore_settings(struct kn_return *r)
{
	kn_settings_restore(r->journal, r->now.name);
	return 0;
}

static int restore_state(struct kn_return *r)
{
	char buf[KN_MSG_SIZE];

	return change(r,
		      kn_msg_link_flags(buf, r->now.ifindex, r->journal->up ? IFF_UP : 0, IFF_UP));
}

static int compare(struct kn_return *r)
{
	struct kn_journal now;
	struct kn_err lost = {};
	size_t missing;
	int code = kn_uplink_snapshot(r->nets, &r->now, r->journal->ns, &now, r->err);

	missing = code ? 0 : kn_uplink_missing(r->journal, &now, &lost);
	kn_journal_clear(&now);
	if (!missing)
		return code;
	if (!r->rebooted)
		return kn_fail(r->err, -ENODATA, "is home, but %zu things are not back: %s",
			       missing, lost.text);
	fprintf(stderr, "kidos-netns: uplink %s: %zu things are not back: %s\n", r->now.name,
		missing, lost.text);
	return 0;
}

static int restore(struct kn_return *r)
{
	static kn_return_part *const parts[] = {
		restore_name,  restore_attributes, restore_settings,
		restore_state, kn_return_networks,
	};
	int code = move_home(r);

	if (!code)
		code = kn_return_parts(r, parts, sizeof(parts) / sizeof(parts[0]));
	return code ? code : compare(r);
}

int kn_uplink_restore(struct kn_nets *nets, const struct kn_journal *journal, struct kn_err *err)
{
	struct kn_return r = {
		.nets = nets, .home = &nets->topo->ns[0], .journal = journal, .err = err
	};
	char boot_id[40];
	int code;

	kn_journal_boot_id(boot_id);
	r.rebooted = strcmp(boot_id, journal->boot_id) != 0;
	code = restore(&r);
	if (code)
		return kn_fail_at(err, code, "uplink %s", journal->name);
	if (!r.name_taken)
		return 0;
	return kn_fail(err, -EEXIST,
		       "uplink %s is back as %s, because another interface has its name; free the "
		       "name and run down again",
		       journal->name, r.now.name);
}
