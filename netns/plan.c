/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>

/* Called twice for each step: with steps NULL it only counts. */
static void add(struct kn_plan *plan, struct kn_step step)
{
	if (plan->steps)
		plan->steps[plan->n] = step;
	plan->n++;
}

static void add_namespaces(struct kn_plan *plan, const struct kn_topology *topo)
{
	for (size_t i = 1; i < topo->n_ns; i++) {
		struct kn_ns *ns = &topo->ns[i];

		add(plan, (struct kn_step){ .ops = &kn_step_namespace, .ns = ns });
		add(plan, (struct kn_step){ .ops = &kn_step_up, .ns = ns });
		/* Before links are created, which copy conf.default. */
		for (size_t s = 0; s < ns->n_sysctls; s++)
			add(plan, (struct kn_step){ .ops = &kn_step_sysctl,
						    .ns = ns,
						    .item = &ns->sysctls[s] });
		if (ns->resolv.present)
			add(plan, (struct kn_step){ .ops = &kn_step_resolv, .ns = ns });
	}
}

static void add_of_kind(struct kn_plan *plan, const struct kn_topology *topo, enum kn_kind kind,
			const struct kn_step_ops *ops)
{
	for (size_t i = 0; i < topo->n_links; i++) {
		struct kn_link *link = &topo->links[i];

		if (link->kind == kind && !link->second)
			add(plan, (struct kn_step){ .ops = ops, .ns = link->ns, .link = link });
	}
}

static size_t depth(const struct kn_link *link)
{
	size_t n = 0;

	for (; link->parent; link = link->parent)
		n++;
	return n;
}

/* VLANs and macvlans stand on other links, perhaps on one another: parents first. */
static void add_upper_links(struct kn_plan *plan, const struct kn_topology *topo)
{
	size_t left = 0, d;

	for (size_t i = 0; i < topo->n_links; i++)
		left += topo->links[i].parent != NULL;
	for (d = 1; left; d++) {
		for (size_t i = 0; i < topo->n_links; i++) {
			struct kn_link *link = &topo->links[i];

			if (!link->parent || depth(link) != d)
				continue;
			add(plan, (struct kn_step){ .ops = link->kind == KN_VLAN ? &kn_step_vlan
										 : &kn_step_macvlan,
						    .ns = link->ns,
						    .link = link });
			left--;
		}
	}
}

static void add_settings(struct kn_plan *plan, const struct kn_topology *topo)
{
	static const struct kn_sysctl no_dad = { "ipv6.accept_dad", "0" };

	for (size_t i = 0; i < topo->n_links; i++) {
		struct kn_link *link = &topo->links[i];
		struct kn_step step = { .ns = link->ns, .link = link };

		/* Sysctls first: what the kernel does when a link comes up depends on them. */
		step.ops = &kn_step_link_sysctl;
		if (link->no_dad) {
			step.item = &no_dad;
			add(plan, step);
		}
		for (size_t s = 0; s < link->n_sysctls; s++) {
			step.item = &link->sysctls[s];
			add(plan, step);
		}
		step.ops = &kn_step_address;
		for (size_t a = 0; a < link->n_addrs; a++) {
			step.item = &link->addrs[a];
			add(plan, step);
		}
		step.item = NULL;
		step.ops = &kn_step_master;
		if (link->master)
			add(plan, step);
	}
}

static bool first_mirror_of(const struct kn_topology *topo, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (topo->mirrors[k].from == topo->mirrors[i].from)
			return false;
	return true;
}

/* Before anything is up, so that the mirror sees the first packet. */
static void add_mirrors(struct kn_plan *plan, const struct kn_topology *topo)
{
	for (size_t i = 0; i < topo->n_mirrors; i++) {
		const struct kn_mirror *mirror = &topo->mirrors[i];
		struct kn_step step = { .ops = &kn_step_mirror,
					.ns = mirror->from->ns,
					.item = mirror };

		if (first_mirror_of(topo, i))
			add(plan, (struct kn_step){ .ops = &kn_step_clsact,
						    .ns = mirror->from->ns,
						    .link = mirror->from });
		step.direction = KN_IN;
		if (mirror->in)
			add(plan, step);
		step.direction = KN_OUT;
		if (mirror->out)
			add(plan, step);
	}
}

static bool carries_copies(const struct kn_topology *topo, const struct kn_link *link)
{
	for (size_t i = 0; i < topo->n_mirrors; i++)
		if (topo->mirrors[i].to == link || topo->mirrors[i].to->peer == link)
			return true;
	return false;
}

static void add_up_of(struct kn_plan *plan, const struct kn_topology *topo, bool copies)
{
	for (size_t i = 0; i < topo->n_links; i++) {
		struct kn_link *link = &topo->links[i];

		if (link->up && carries_copies(topo, link) == copies)
			add(plan,
			    (struct kn_step){ .ops = &kn_step_up, .ns = link->ns, .link = link });
	}
}

/* Where copies go first: a mirror to a link that is down loses them. */
static void add_up(struct kn_plan *plan, const struct kn_topology *topo)
{
	add_up_of(plan, topo, true);
	add_up_of(plan, topo, false);
}

static void add_routes_of(struct kn_plan *plan, struct kn_ns *ns, bool by_gateway)
{
	for (size_t r = 0; r < ns->n_routes; r++)
		if ((ns->routes[r].via.family != 0) == by_gateway)
			add(plan, (struct kn_step){ .ops = &kn_step_route,
						    .ns = ns,
						    .item = &ns->routes[r] });
}

/* A gateway may be reached by another of these routes, which goes first whatever their order. */
static void add_routes(struct kn_plan *plan, const struct kn_topology *topo)
{
	for (size_t i = 1; i < topo->n_ns; i++) {
		add_routes_of(plan, &topo->ns[i], false);
		add_routes_of(plan, &topo->ns[i], true);
	}
}

static void add_dhcp(struct kn_plan *plan, const struct kn_topology *topo)
{
	for (size_t i = 0; i < topo->n_links; i++)
		if (topo->links[i].dhcp)
			add(plan, (struct kn_step){ .ops = &kn_step_dhcp,
						    .ns = topo->links[i].ns,
						    .link = &topo->links[i] });
}

static void add_all(struct kn_plan *plan, const struct kn_topology *topo)
{
	add_namespaces(plan, topo);
	add_of_kind(plan, topo, KN_VETH, &kn_step_veth);
	add_of_kind(plan, topo, KN_BRIDGE, &kn_step_bridge);
	/* As late as possible: a failure before this step leaves the way in untouched. */
	add_of_kind(plan, topo, KN_UPLINK, &kn_step_uplink);
	add_upper_links(plan, topo);
	add_settings(plan, topo);
	add_mirrors(plan, topo);
	add_up(plan, topo);
	add_routes(plan, topo);
	add_dhcp(plan, topo);
}

int kn_plan_build(struct kn_plan *plan, const struct kn_topology *topo, struct kn_err *err)
{
	*plan = (struct kn_plan){};
	add_all(plan, topo);
	plan->steps = calloc(plan->n ? plan->n : 1, sizeof(*plan->steps));
	if (!plan->steps)
		return kn_fail(err, -ENOMEM, "out of memory");
	plan->n = 0;
	add_all(plan, topo);
	return 0;
}

void kn_plan_free(struct kn_plan *plan)
{
	free(plan->steps);
	*plan = (struct kn_plan){};
}
