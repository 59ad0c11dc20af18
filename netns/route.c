/* SPDX-License-Identifier: MIT */
#include "route.h"
#include "address.h"
#include "dad.h"

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

int kn_route_walk(struct kn_nets *nets, const struct kn_ns *ns, uint8_t family, kn_route_each *each,
		  void *data, struct kn_err *err)
{
	struct walk walk = { each, data };
	struct kn_dump dump = { restart, take, &walk };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	return code ? code : kn_talk_dump(talk, kn_msg_route_dump(buf, family), &dump, err);
}

static int spec_of(struct kn_nets *nets, const struct kn_step *step, struct kn_route_spec *spec,
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
		.onlink = route->onlink,
	};
	if (!route->dev[0])
		return 0;
	code = kn_nets_link(nets, step->ns, route->link ? route->link->name : route->dev, &info,
			    err);
	spec->oif = code ? 0 : info.ifindex;
	return code;
}

struct search {
	const struct kn_route_spec *spec;
	bool found;
	bool taken; /* the kernel has one route for a table, destination and metric: another */
};

static bool same_address(const struct kn_prefix *a, const struct kn_prefix *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void compare(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	const struct kn_route_spec *want = search->spec;
	uint32_t metric = want->metric;

	(void)nlh;
	if (!info) {
		search->found = search->taken = false;
		return;
	}
	if (!metric && want->to.family == AF_INET6)
		metric = IP6_RT_PRIO_USER;
	if (info->route.table != want->table || !kn_prefix_equal(&info->route.to, &want->to) ||
	    info->route.metric != metric)
		return;
	if (info->type == RTN_UNICAST && same_address(&info->route.via, &want->via) &&
	    (!want->source.family || same_address(&info->route.source, &want->source)) &&
	    (!want->oif || info->route.oif == want->oif))
		search->found = true;
	else
		search->taken = true;
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "route %s %s", step->ns->name,
		 ((const struct kn_route *)step->item)->text);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_route_spec spec;
	struct search search = { .spec = &spec };
	int code = spec_of(nets, step, &spec, err);

	if (!code)
		code = kn_route_walk(nets, step->ns, spec.to.family, compare, &search, err);
	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	if (!search.found && search.taken)
		kn_fail(err, 0, "another route has its place (destination and metric)");
	return search.found ? KN_FITS : search.taken ? KN_DIFFERS : KN_ABSENT;
}

static int set(struct kn_nets *nets, const struct kn_step *step,
	       struct nlmsghdr *(*message)(void *buf, const struct kn_route_spec *route),
	       struct kn_err *err)
{
	struct kn_route_spec spec;
	char buf[KN_MSG_SIZE];
	int code = spec_of(nets, step, &spec, err);

	if (!code && spec.source.family)
		code = kn_dad_wait(nets, step->ns, &spec.source, err);
	if (!code)
		code = kn_nets_do(nets, step->ns, message(buf, &spec), err);
	if ((code == -ENETUNREACH || code == -EHOSTUNREACH) && spec.via.family && !spec.onlink)
		return kn_fail_at(err, code,
				  "a gateway outside the link's own prefixes takes "
				  "\"onlink\": true, or a route to it");
	return code;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return set(nets, step, kn_msg_route_new, err);
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return set(nets, step, kn_msg_route_replace, err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct kn_route_spec spec;
	char buf[KN_MSG_SIZE];
	int code = spec_of(nets, step, &spec, err);

	if (!code)
		code = kn_nets_do(nets, step->ns, kn_msg_route_del(buf, &spec), err);
	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_route = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};
