/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <stdio.h>

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char a[KN_LINK_TEXT], b[KN_LINK_TEXT];

	snprintf(buf, size, "veth %s - %s", kn_link_text(step->link, a),
		 kn_link_text(step->link->peer, b));
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct kn_link_info a, b;
	struct kn_err far_err;
	char where[KN_LINK_TEXT];
	int near = kn_link_probe(nets, link, &a, err);
	int far = kn_link_probe(nets, link->peer, &b, &far_err);

	if (near < 0 || far < 0) {
		if (near >= 0)
			*err = far_err;
		return near < 0 ? near : far;
	}
	if (near == KN_ABSENT && far == KN_ABSENT)
		return KN_ABSENT;
	if (near == KN_ABSENT || far == KN_ABSENT)
		return kn_fail(err, -EEXIST, "%s exists without its peer",
			       kn_link_text(near == KN_ABSENT ? link->peer : link, where));
	if (a.link != b.ifindex || b.link != a.ifindex)
		return kn_fail(err, -EEXIST, "%s exists and has another peer",
			       kn_link_text(link, where));
	if (far == KN_DIFFERS)
		*err = far_err;
	return near == KN_DIFFERS ? near : far;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_link_spec end = kn_link_spec(step->link), peer = kn_link_spec(step->link->peer);
	char buf[KN_MSG_SIZE];

	peer.ns_fd = kn_nets_fd(nets, step->link->peer->ns, err);
	if (peer.ns_fd < 0)
		return peer.ns_fd;
	return kn_nets_do(nets, step->link->ns, kn_msg_veth_new(buf, &end, &peer), err);
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code = kn_link_mend(nets, step->link, err);

	return code ? code : kn_link_mend(nets, step->link->peer, err);
}

/* Deleting one end deletes the other. This is not left to the namespaces: one that somebody holds
 * would keep both ends.
 */
static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code = kn_link_delete(nets, step->link->ns, step->link->name, err);

	return code ? code
		    : kn_link_delete(nets, step->link->peer->ns, step->link->peer->name, err);
}

const struct kn_step_ops kn_step_veth = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};
