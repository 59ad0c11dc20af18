/* SPDX-License-Identifier: MIT */
#include "mirror.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>

#define NODE_MASK 0xfffU /* of a u32 handle, table:bucket:node */

struct search {
	int ifindex;
	uint16_t prio;
	enum kn_direction direction;
	bool found;
	unsigned int filters; /* of anybody */
	struct kn_filter_info filter;
};

static void begin(void *data)
{
	struct search *search = data;

	search->found = false;
	search->filters = 0;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	struct kn_filter_info info;

	if (kn_read_filter(nlh, &info) || info.ifindex != search->ifindex)
		return MNL_CB_OK;
	search->filters++;
	/* A dump also lists each classifier without a handle, and the hash tables of u32. */
	if (info.prio != search->prio)
		return MNL_CB_OK;
	if (info.mirrors && (info.handle & NODE_MASK) != kn_mirror_node(search->direction))
		return MNL_CB_OK;
	if (!search->found || info.mirrors)
		search->filter = info;
	search->found = true;
	return MNL_CB_OK;
}

static int dump_filters(struct kn_nets *nets, const struct kn_ns *ns, struct search *search,
			enum kn_direction direction, struct kn_err *err)
{
	struct kn_dump dump = { begin, each, search };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	if (code)
		return code;
	code = kn_talk_dump(talk, kn_msg_filter_dump(buf, search->ifindex, direction), &dump, err);
	/* There is no clsact, so there are no filters. The error depends on the kernel. */
	return code == -EINVAL || code == -ENOENT ? 0 : code;
}

int kn_mirror_find(struct kn_nets *nets, const struct kn_mirror *mirror,
		   enum kn_direction direction, struct kn_filter_info *out, struct kn_err *err)
{
	struct search search = { .prio = (uint16_t)mirror->prio, .direction = direction };
	struct kn_link_info from;
	int code = kn_nets_link(nets, mirror->from->ns, mirror->from->name, &from, err);

	if (code)
		return code;
	search.ifindex = from.ifindex;
	code = dump_filters(nets, mirror->from->ns, &search, direction, err);
	*out = search.filter;
	return code ? code : search.found;
}

static const char *way(enum kn_direction direction)
{
	return direction == KN_IN ? "in" : "out";
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	const struct kn_mirror *mirror = step->item;
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "mirror %s %s to %s prio %u", kn_link_text(mirror->from, where),
		 way(step->direction), mirror->to->name, mirror->prio);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_mirror *mirror = step->item;
	struct kn_filter_info filter;
	struct kn_link_info to;
	int found = kn_mirror_find(nets, mirror, step->direction, &filter, err);

	if (found <= 0)
		return !found || kn_is_gone(found) ? KN_ABSENT : found;
	if (!filter.mirrors)
		return kn_fail(err, -EEXIST, "%s: priority %u %s is taken by a %s filter",
			       mirror->from->name, mirror->prio, way(step->direction), filter.kind);
	found = kn_nets_link(nets, step->ns, mirror->to->name, &to, err);
	if (found && !kn_is_gone(found))
		return found;
	if (!found && filter.to == to.ifindex)
		return KN_FITS;
	kn_fail(err, 0, "it mirrors to interface number %d", filter.to);
	return KN_DIFFERS;
}

static int spec_of(struct kn_nets *nets, const struct kn_step *step, struct kn_mirror_spec *spec,
		   struct kn_err *err)
{
	const struct kn_mirror *mirror = step->item;
	struct kn_link_info from, to;
	int code = kn_nets_link(nets, step->ns, mirror->from->name, &from, err);

	if (!code)
		code = kn_nets_link(nets, step->ns, mirror->to->name, &to, err);
	if (code)
		return code;
	*spec = (struct kn_mirror_spec){
		.from = from.ifindex,
		.to = to.ifindex,
		.direction = step->direction,
		.prio = (uint16_t)mirror->prio,
		.classifier = nets->no_matchall ? KN_U32 : KN_MATCHALL,
	};
	return 0;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_mirror_spec spec;
	char buf[KN_MSG_SIZE];
	int code = spec_of(nets, step, &spec, err);

	if (code)
		return code;
	code = kn_nets_do(nets, step->ns, kn_msg_mirror_new(buf, &spec), err);
	if (code != -ENOENT || spec.classifier == KN_U32)
		return code;
	nets->no_matchall = true;
	spec.classifier = KN_U32;
	return kn_nets_do(nets, step->ns, kn_msg_mirror_new(buf, &spec), err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_mirror *mirror = step->item;
	struct kn_mirror_spec spec = { .direction = step->direction,
				       .prio = (uint16_t)mirror->prio };
	struct kn_filter_info filter;
	char buf[KN_MSG_SIZE];
	int code = kn_mirror_find(nets, mirror, step->direction, &filter, err);

	if (code <= 0)
		return !code || kn_is_gone(code) ? 0 : code;
	if (!filter.mirrors) /* whoever took our priority meanwhile keeps it */
		return 0;
	spec.from = filter.ifindex;
	code = kn_nets_do(nets, step->ns, kn_msg_mirror_del(buf, &spec), err);
	return kn_is_gone(code) ? 0 : code;
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code = undo(nets, step, err);

	return code ? code : make(nets, step, err);
}

const struct kn_step_ops kn_step_mirror = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};

/* The qdisc that both hooks are attached to. If it is somebody else's, it stays. */

struct qdiscs {
	int ifindex;
	struct kn_qdisc_info ingress;
};

static void begin_qdiscs(void *data)
{
	((struct qdiscs *)data)->ingress.kind[0] = '\0';
}

static int each_qdisc(const struct nlmsghdr *nlh, void *data)
{
	struct qdiscs *qdiscs = data;
	struct kn_qdisc_info info;

	/* clsact and the older ingress share one place, ffff:fff1. */
	if (kn_read_qdisc(nlh, &info) == 0 && info.ifindex == qdiscs->ifindex &&
	    info.parent == TC_H_CLSACT)
		qdiscs->ingress = info;
	return MNL_CB_OK;
}

static int find_clsact(struct kn_nets *nets, const struct kn_step *step, struct qdiscs *qdiscs,
		       struct kn_err *err)
{
	struct kn_dump dump = { begin_qdiscs, each_qdisc, qdiscs };
	char buf[KN_MSG_SIZE];
	struct kn_link_info link;
	struct kn_talk *talk;
	int code = kn_nets_link(nets, step->ns, step->link->name, &link, err);

	if (!code)
		code = kn_nets_talk(nets, step->ns, &talk, err);
	if (code)
		return code;
	qdiscs->ifindex = link.ifindex;
	begin_qdiscs(qdiscs);
	return kn_talk_dump(talk, kn_msg_qdisc_dump(buf, link.ifindex), &dump, err);
}

static void clsact_text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "clsact %s", kn_link_text(step->link, where));
}

static int clsact_probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct qdiscs qdiscs;
	int code = find_clsact(nets, step, &qdiscs, err);

	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	if (!qdiscs.ingress.kind[0])
		return KN_ABSENT;
	if (strcmp(qdiscs.ingress.kind, "clsact") != 0)
		return kn_fail(err, -EEXIST, "%s has an %s qdisc of somebody else",
			       step->link->name, qdiscs.ingress.kind);
	return KN_FITS;
}

static int clsact_make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_link_info link;
	int code = kn_nets_link(nets, step->ns, step->link->name, &link, err);

	return code ? code : kn_nets_do(nets, step->ns, kn_msg_clsact_new(buf, link.ifindex), err);
}

/* Removed only if no filter of somebody else is attached to it. */
static int clsact_undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct search in = {}, out = {};
	struct qdiscs qdiscs;
	char buf[KN_MSG_SIZE];
	int code = find_clsact(nets, step, &qdiscs, err);

	if (!code && strcmp(qdiscs.ingress.kind, "clsact") != 0)
		return 0;
	in.ifindex = out.ifindex = qdiscs.ifindex;
	if (!code)
		code = dump_filters(nets, step->ns, &in, KN_IN, err);
	if (!code)
		code = dump_filters(nets, step->ns, &out, KN_OUT, err);
	if (!code && !in.filters && !out.filters)
		code = kn_nets_do(nets, step->ns, kn_msg_clsact_del(buf, qdiscs.ifindex), err);
	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_clsact = {
	.goes_with_namespace = true,
	.text = clsact_text,
	.probe = clsact_probe,
	.make = clsact_make,
	.undo = clsact_undo,
};
