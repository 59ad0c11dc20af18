/* SPDX-License-Identifier: MIT */
#include "route.h"
#include "address.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define IP6_RT_PRIO_USER 1024 /* what the kernel writes for metric 0 in IPv6 */

struct walk {
	kn_route_each *each;
	void *data;
};

static int take(const struct nlmsghdr *nlh, void *data)
{
	struct walk *walk = data;
	struct kn_route_info info;

	if (kn_read_route(nlh, &info) == 0 && !info.cloned)
		walk->each(&info, nlh, walk->data);
	return MNL_CB_OK;
}

static void restart(void *data)
{
	struct walk *walk = data;

	walk->each(NULL, NULL, walk->data);
}

int kn_route_walk(struct kn_world *world, const struct kn_ns *ns, uint8_t family,
		  kn_route_each *each, void *data, struct kn_err *err)
{
	struct walk walk = { each, data };
	struct kn_dump dump = { restart, take, &walk };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_world_talk(world, ns, &talk, err);

	return code ? code : kn_talk_dump(talk, kn_msg_route_dump(buf, family), &dump, err);
}

static int spec_of(struct kn_world *world, const struct kn_step *step, struct kn_route_spec *spec,
		   struct kn_err *err)
{
	const struct kn_route *route = step->item;
	struct kn_link_info info;
	int code;

	*spec = (struct kn_route_spec){
		.to = route->to,
		.via = route->via,
		.source = route->source,
		.metric = route->metric,
		.table = route->table,
	};
	if (!route->dev[0])
		return 0;
	code = kn_world_link(world, step->ns, route->link ? route->link->name : route->dev, &info,
			     err);
	spec->oif = code ? 0 : info.ifindex;
	return code;
}

struct search {
	const struct kn_route_spec *spec;
	bool found;
};

static void compare(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	const struct kn_route_spec *want = search->spec;
	uint32_t metric = want->metric;

	(void)nlh;
	if (!info) {
		search->found = false;
		return;
	}
	if (!metric && want->to.family == AF_INET6)
		metric = IP6_RT_PRIO_USER;
	if (info->type == RTN_UNICAST && info->route.table == want->table &&
	    kn_prefix_equal(&info->route.to, &want->to) && info->route.metric == metric &&
	    info->route.via.family == want->via.family &&
	    memcmp(info->route.via.bytes, want->via.bytes, sizeof(want->via.bytes)) == 0 &&
	    (!want->oif || info->route.oif == want->oif))
		search->found = true;
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "route %s %s", step->ns->name,
		 ((const struct kn_route *)step->item)->text);
}

static int probe(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	struct kn_route_spec spec;
	struct search search = { .spec = &spec };
	int code = spec_of(world, step, &spec, err);

	if (!code)
		code = kn_route_walk(world, step->ns, spec.to.family, compare, &search, err);
	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	return search.found ? KN_FITS : KN_ABSENT;
}

static int make(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	struct kn_route_spec spec;
	char buf[KN_MSG_SIZE];
	int code = spec_of(world, step, &spec, err);

	return code ? code : kn_world_do(world, step->ns, kn_msg_route_new(buf, &spec), err);
}

static int undo(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	struct kn_route_spec spec;
	char buf[KN_MSG_SIZE];
	int code = spec_of(world, step, &spec, err);

	if (!code)
		code = kn_world_do(world, step->ns, kn_msg_route_del(buf, &spec), err);
	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_route = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.undo = undo,
};
