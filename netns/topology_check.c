/* SPDX-License-Identifier: MIT */
#include "topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEFAULT_MTU 1500

typedef int check_fn(struct kn_topology *topo, struct kn_err *err);

#define fail(topo, err, fmt, ...) kn_fail(err, -EINVAL, "%s: " fmt, (topo)->file, ##__VA_ARGS__)

static struct kn_ns *find_ns(const struct kn_topology *topo, const char *name)
{
	for (size_t i = 0; i < topo->n_ns; i++)
		if (strcmp(topo->ns[i].name, name) == 0)
			return &topo->ns[i];
	return NULL;
}

struct kn_link *kn_topology_link(const struct kn_topology *topo, const struct kn_ns *ns,
				 const char *name)
{
	for (size_t i = 0; i < topo->n_links; i++)
		if (topo->links[i].ns == ns && strcmp(topo->links[i].name, name) == 0)
			return &topo->links[i];
	return NULL;
}

static int check_namespaces(struct kn_topology *topo, struct kn_err *err)
{
	for (size_t i = 1; i < topo->n_ns; i++)
		if (find_ns(topo, topo->ns[i].name) != &topo->ns[i])
			return fail(topo, err, "namespaces[%zu].name \"%s\": used twice", i - 1,
				    topo->ns[i].name);
	return 0;
}

static bool has_ipv4(const struct kn_link *link)
{
	for (size_t i = 0; i < link->n_addrs; i++)
		if (link->addrs[i].family == AF_INET)
			return true;
	return false;
}

static int check_links(struct kn_topology *topo, struct kn_err *err)
{
	struct kn_link *link;

	for (size_t i = 0; i < topo->n_links; i++) {
		link = &topo->links[i];
		link->ns = find_ns(topo, link->ns_name);
		if (!link->ns)
			return fail(topo, err, "%s.namespace \"%s\": no such namespace in the file",
				    link->place, link->ns_name);
		if (link->name[0] && kn_topology_link(topo, link->ns, link->name) != link)
			return fail(topo, err, "%s.name \"%s\": used twice in namespace \"%s\"",
				    link->place, link->name, link->ns->name);
		if (strcmp(link->name, "lo") == 0)
			return fail(topo, err, "%s.name \"lo\": every namespace has one",
				    link->place);
		if (!link->up && (link->dhcp || link->n_addrs) && link->kind == KN_UPLINK)
			return fail(topo, err, "%s.up: an uplink with addresses is up",
				    link->place);
		if (link->dhcp && has_ipv4(link))
			return fail(topo, err, "%s.dhcp: the link has IPv4 addresses of its own",
				    link->place);
		if (link->dhcp && !link->up)
			return fail(topo, err, "%s.dhcp: needs the link up", link->place);
	}
	if (topo->uplink && !topo->uplink->ns->name[0])
		return fail(topo, err, "uplink.namespace: missing");
	return 0;
}

static int own(struct kn_topology *topo, struct kn_link *bridge, struct kn_link *member,
	       const char *place, struct kn_err *err)
{
	if (member->master)
		return fail(topo, err, "%s: \"%s\" already belongs to bridge \"%s\"", place,
			    member->name, member->master->name);
	if (member->kind == KN_BRIDGE)
		return fail(topo, err, "%s: \"%s\" is a bridge, and a bridge cannot be a member",
			    place, member->name);
	if (member->n_addrs || member->dhcp)
		return fail(topo, err, "%s: \"%s\" has addresses, which belong on its bridge",
			    place, member->name);
	member->master = bridge;
	return 0;
}

static int check_members_of(struct kn_topology *topo, struct kn_link *bridge, struct kn_err *err)
{
	struct kn_link *member;
	char place[128];
	int code;

	for (size_t i = 0; i < bridge->n_members; i++) {
		snprintf(place, sizeof(place), "%s.members[%zu]", bridge->place, i);
		member = kn_topology_link(topo, bridge->ns, bridge->members[i]);
		if (!member)
			return fail(topo, err, "%s \"%s\": no such link in namespace \"%s\"", place,
				    bridge->members[i], bridge->ns->name);
		code = own(topo, bridge, member, place, err);
		if (code)
			return code;
	}
	return 0;
}

static int check_bridges(struct kn_topology *topo, struct kn_err *err)
{
	struct kn_link *link, *bridge;
	int code;

	for (size_t i = 0; i < topo->n_links; i++) {
		link = &topo->links[i];
		if (link->kind != KN_BRIDGE)
			continue;
		/* 802.1D's default; without STP there is nothing to wait for. */
		if (!link->has_forward_delay)
			link->forward_delay_cs = link->stp ? 1500 : 0;
		if (link->stp && link->forward_delay_cs < 200)
			return fail(topo, err, "%s.forward_delay: below 2 seconds with STP",
				    link->place);
		code = check_members_of(topo, link, err);
		if (code)
			return code;
	}
	if (!topo->uplink || !topo->uplink->bridge[0])
		return 0;
	bridge = kn_topology_link(topo, topo->uplink->ns, topo->uplink->bridge);
	if (!bridge || bridge->kind != KN_BRIDGE)
		return fail(topo, err, "uplink.bridge \"%s\": no such bridge in namespace \"%s\"",
			    topo->uplink->bridge, topo->uplink->ns->name);
	return own(topo, bridge, topo->uplink, "uplink.bridge", err);
}

static int check_parents(struct kn_topology *topo, struct kn_err *err)
{
	struct kn_link *link, *up;
	size_t steps;

	for (size_t i = 0; i < topo->n_links; i++) {
		link = &topo->links[i];
		if (!link->parent_name[0])
			continue;
		link->parent = kn_topology_link(topo, link->ns, link->parent_name);
		if (!link->parent)
			return fail(topo, err, "%s.parent \"%s\": no such link in namespace \"%s\"",
				    link->place, link->parent_name, link->ns->name);
	}
	for (size_t i = 0; i < topo->n_links; i++) {
		steps = 0;
		for (up = topo->links[i].parent; up; up = up->parent)
			if (++steps > topo->n_links)
				return fail(topo, err, "%s.parent \"%s\": a loop of parents",
					    topo->links[i].place, topo->links[i].parent_name);
	}
	return 0;
}

static size_t root_of(size_t *set, size_t i)
{
	while (set[i] != i)
		i = set[i] = set[set[i]];
	return i;
}

/* Frames loop for ever where veth pairs close a ring of bridges without STP. */
static int check_rings(struct kn_topology *topo, struct kn_err *err)
{
	size_t *set = calloc(topo->n_links + 1, sizeof(*set));
	int code = 0;

	if (!set)
		return kn_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < topo->n_links; i++)
		set[i] = i;
	for (size_t i = 0; i < topo->n_links && !code; i++) {
		const struct kn_link *link = &topo->links[i];
		size_t a, b;

		if (link->kind != KN_VETH || link->second || !link->master || !link->peer->master ||
		    link->master->stp || link->peer->master->stp)
			continue;
		a = root_of(set, (size_t)(link->master - topo->links));
		b = root_of(set, (size_t)(link->peer->master - topo->links));
		if (a == b)
			code = fail(topo, err, "%s: closes a loop of bridges without STP",
				    link->place);
		set[a] = b;
	}
	free(set);
	return code;
}

static int check_routes(struct kn_topology *topo, struct kn_err *err)
{
	struct kn_route *route;

	for (size_t n = 0; n < topo->n_ns; n++) {
		for (size_t i = 0; i < topo->ns[n].n_routes; i++) {
			route = &topo->ns[n].routes[i];
			if (!route->dev[0] || strcmp(route->dev, "lo") == 0)
				continue;
			route->link = kn_topology_link(topo, &topo->ns[n], route->dev);
			if (!route->link)
				return fail(topo, err,
					    "namespaces[%zu].routes[%zu].dev \"%s\": no such link "
					    "in namespace \"%s\"",
					    n - 1, i, route->dev, topo->ns[n].name);
		}
	}
	return 0;
}

/* net.ipv4.conf.X and its like belong to a link that has to exist first: the link's own sysctl. */
static int check_sysctls(struct kn_topology *topo, struct kn_err *err)
{
	static const char *const per_link[] = { "net.ipv4.conf.", "net.ipv6.conf.",
						"net.ipv4.neigh.", "net.ipv6.neigh." };
	const char *key, *rest;

	for (size_t n = 0; n < topo->n_ns; n++) {
		for (size_t i = 0; i < topo->ns[n].n_sysctls; i++) {
			key = topo->ns[n].sysctls[i].key;
			for (size_t p = 0; p < 4; p++) {
				if (strncmp(key, per_link[p], strlen(per_link[p])) != 0)
					continue;
				rest = key + strlen(per_link[p]);
				if (strncmp(rest, "all.", 4) != 0 &&
				    strncmp(rest, "default.", 8) != 0 &&
				    strncmp(rest, "lo.", 3) != 0)
					return fail(topo, err,
						    "namespaces[%zu].sysctl.\"%s\": of one link: "
						    "put it into the link's own sysctl",
						    n - 1, key);
			}
		}
	}
	return 0;
}

static uint32_t mtu_of(const struct kn_link *link)
{
	return link->mtu ? link->mtu : DEFAULT_MTU;
}

static int check_mirror(struct kn_topology *topo, size_t i, struct kn_err *err)
{
	struct kn_mirror *m = &topo->mirrors[i];
	struct kn_ns *ns = find_ns(topo, m->ns_name);

	if (!ns)
		return fail(topo, err,
			    "mirrors[%zu].namespace \"%s\": no such namespace in the file", i,
			    m->ns_name);
	m->from = kn_topology_link(topo, ns, m->from_name);
	if (!m->from)
		return fail(topo, err, "mirrors[%zu].from \"%s\": no such link in namespace \"%s\"",
			    i, m->from_name, ns->name);
	m->to = kn_topology_link(topo, ns, m->to_name);
	if (!m->to)
		return fail(topo, err, "mirrors[%zu].to \"%s\": no such link in namespace \"%s\"",
			    i, m->to_name, ns->name);
	if (m->from == m->to)
		return fail(topo, err, "mirrors[%zu].to \"%s\": mirrors to itself", i, m->to_name);
	if (mtu_of(m->to) < mtu_of(m->from) ||
	    (m->to->peer && mtu_of(m->to->peer) < mtu_of(m->from)))
		return fail(topo, err,
			    "mirrors[%zu].to \"%s\": its MTU is below that of \"%s\", large "
			    "packets would be lost",
			    i, m->to_name, m->from_name);
	for (size_t k = 0; k < i; k++) {
		const struct kn_mirror *o = &topo->mirrors[k];

		if (o->from == m->from && o->prio == m->prio &&
		    ((o->in && m->in) || (o->out && m->out)))
			return fail(topo, err,
				    "mirrors[%zu].priority %u: taken by mirrors[%zu] on \"%s\"", i,
				    m->prio, k, m->from_name);
	}
	return 0;
}

/* A copy that leaves by a link which is mirrored outwards is copied again. */
static bool leads_to(const struct kn_topology *topo, const struct kn_link *at,
		     const struct kn_link *target, size_t left)
{
	if (at == target)
		return true;
	for (size_t i = 0; left && i < topo->n_mirrors; i++)
		if (topo->mirrors[i].from == at && topo->mirrors[i].out &&
		    leads_to(topo, topo->mirrors[i].to, target, left - 1))
			return true;
	return false;
}

static int check_mirrors(struct kn_topology *topo, struct kn_err *err)
{
	int code;

	if (topo->n_mirrors > 64)
		return fail(topo, err, "mirrors: more than 64");
	for (size_t i = 0; i < topo->n_mirrors; i++) {
		code = check_mirror(topo, i, err);
		if (code)
			return code;
	}
	for (size_t i = 0; i < topo->n_mirrors; i++)
		if (topo->mirrors[i].out &&
		    leads_to(topo, topo->mirrors[i].to, topo->mirrors[i].from, 8))
			return fail(topo, err, "mirrors[%zu]: a loop of mirrors", i);
	return 0;
}

int kn_topology_check(struct kn_topology *topo, struct kn_err *err)
{
	static check_fn *const checks[] = { check_namespaces, check_links,  check_bridges,
					    check_parents,    check_rings,  check_routes,
					    check_sysctls,    check_mirrors };
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(checks) / sizeof(checks[0]); i++)
		code = checks[i](topo, err);
	return code;
}
