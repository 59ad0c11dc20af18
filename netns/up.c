/* SPDX-License-Identifier: MIT */
#include "step.h"

#include <net/if.h>
#include <stdio.h>

/* Without a link it is the namespace's loopback. */
static const char *name_of(const struct kn_step *step)
{
	return step->link ? step->link->name : "lo";
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT];

	if (step->link)
		snprintf(buf, size, "up %s", kn_link_text(step->link, where));
	else
		snprintf(buf, size, "up %s/lo", step->ns->name);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_info info;
	int code = kn_nets_link(nets, step->ns, name_of(step), &info, err);

	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	return info.flags & IFF_UP ? KN_FITS : KN_ABSENT;
}

static int set(struct kn_nets *nets, const struct kn_step *step, unsigned int flags,
	       struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_nets_link(nets, step->ns, name_of(step), &info, err);

	if (code)
		return code;
	return kn_nets_do(nets, step->ns, kn_msg_link_flags(buf, info.ifindex, flags, IFF_UP), err);
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return set(nets, step, IFF_UP, err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code = set(nets, step, 0, err);

	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_up = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.undo = undo,
};
