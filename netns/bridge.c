/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <stdio.h>

static void text(const struct kn_step *step, char *buf, size_t size)
{
	const struct kn_link *link = step->link;
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "bridge %s stp %s forward-delay %u.%02u", kn_link_text(link, where),
		 link->stp ? "on" : "off", link->forward_delay_cs / 100,
		 link->forward_delay_cs % 100);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct kn_link_info info;
	int found = kn_link_probe(nets, link, &info, err);

	if (found != KN_FITS)
		return found;
	if (info.stp != link->stp ||
	    (link->has_forward_delay && info.forward_delay_cs != link->forward_delay_cs)) {
		kn_fail(err, 0, "its STP is %s and its forward delay %u.%02u s",
			info.stp ? "on" : "off", info.forward_delay_cs / 100,
			info.forward_delay_cs % 100);
		return KN_DIFFERS;
	}
	return KN_FITS;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct kn_link_spec spec = kn_link_spec(link);
	char buf[KN_MSG_SIZE];
	int code;

	/* A bridge takes its members' MTU unless its own was changed once (4.17). So it starts with
	 * a wrong one, and the right one is set afterwards.
	 */
	spec.mtu ^= spec.mtu != 0;
	code = kn_nets_do(nets, link->ns,
			  kn_msg_bridge_new(buf, &spec, link->stp, link->forward_delay_cs), err);
	return code || !link->mtu ? code : kn_link_mend(nets, link, err);
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_link_mend(nets, link, err);

	if (!code)
		code = kn_nets_link(nets, link->ns, link->name, &info, err);
	if (code)
		return code;
	return kn_nets_do(nets, link->ns,
			  kn_msg_bridge_set(buf, info.ifindex, link->stp, link->forward_delay_cs),
			  err);
}

const struct kn_step_ops kn_step_bridge = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = kn_link_step_undo,
};
