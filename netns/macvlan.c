/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <stdio.h>

static void text(const struct kn_step *step, char *buf, size_t size)
{
	const struct kn_link *link = step->link;
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "macvlan %s parent %s", kn_link_text(link, where), link->parent->name);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct kn_link_info info;
	int code, found = kn_link_probe(nets, link, &info, err);

	if (found < KN_FITS)
		return found;
	if (info.macvlan_mode != link->macvlan_mode)
		return kn_fail(err, -EEXIST, "%s exists with another mode", link->name);
	code = kn_link_check_parent(nets, link, &info, err);
	return code ? code : found;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct kn_link_spec spec = kn_link_spec(link);
	struct kn_link_info parent;
	char buf[KN_MSG_SIZE];
	int code = kn_nets_link(nets, link->ns, link->parent->name, &parent, err);

	if (code)
		return code;
	code = kn_nets_do(nets, link->ns,
			  kn_msg_macvlan_new(buf, &spec, parent.ifindex, link->macvlan_mode), err);
	if (code == -EOPNOTSUPP)
		return kn_fail_at(err, code, "this kernel has no macvlan links");
	return code;
}

const struct kn_step_ops kn_step_macvlan = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = kn_link_step_mend,
	.undo = kn_link_step_undo,
};
