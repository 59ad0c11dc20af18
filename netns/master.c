/* SPDX-License-Identifier: MIT */
#include "step.h"

#include <errno.h>
#include <stdio.h>

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "member %s of %s", kn_link_text(step->link, where),
		 step->link->master->name);
}

static int read_links(struct kn_nets *nets, const struct kn_step *step, struct kn_link_info *link,
		      struct kn_link_info *bridge, struct kn_err *err)
{
	int code = kn_nets_link(nets, step->ns, step->link->name, link, err);

	return code ? code : kn_nets_link(nets, step->ns, step->link->master->name, bridge, err);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info link, bridge;
	int code = read_links(nets, step, &link, &bridge, err);

	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	if (link.master && link.master != bridge.ifindex) {
		kn_fail(err, 0, "it belongs to another bridge");
		return KN_DIFFERS;
	}
	return link.master ? KN_FITS : KN_ABSENT;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info link, bridge;
	char buf[KN_MSG_SIZE];
	int code = read_links(nets, step, &link, &bridge, err);

	if (code)
		return code;
	return kn_nets_do(nets, step->ns, kn_msg_link_master(buf, link.ifindex, bridge.ifindex),
			  err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info link, bridge;
	char buf[KN_MSG_SIZE];
	int code = read_links(nets, step, &link, &bridge, err);

	if (!code && link.master == bridge.ifindex)
		code = kn_nets_do(nets, step->ns, kn_msg_link_master(buf, link.ifindex, 0), err);
	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_master = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.undo = undo,
};
