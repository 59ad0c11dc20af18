/* SPDX-License-Identifier: MIT */
#include "address.h"
#include "dad.h"
#include "dhcp.h"
#include "link.h"
#include "mirror.h"
#include "report.h"
#include "uplink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

void kn_check_topology(struct kn_report *r)
{
	if (!r->same_topology)
		kn_report_add(r, KN_WARN, "topology", r->nets->topo->name,
			      "it is up from another version of the file");
}

void kn_check_namespaces(struct kn_report *r)
{
	struct kn_err err;

	for (size_t i = 1; i < r->nets->topo->n_ns; i++) {
		const struct kn_ns *ns = &r->nets->topo->ns[i];

		if (kn_nets_fd(r->nets, ns, &err) < 0)
			kn_report_add(r, KN_FAIL, "namespace", ns->name, "%s", err.text);
		else
			kn_report_add(r, KN_PASS, "namespace", ns->name, "there");
	}
}

static void check_link(struct kn_report *r, const struct kn_link *link, const char *item)
{
	const struct kn_step step = {
		.ops = link->kind == KN_VETH     ? &kn_step_veth
		       : link->kind == KN_BRIDGE ? &kn_step_bridge
		       : link->kind == KN_VLAN   ? &kn_step_vlan
						 : &kn_step_macvlan,
		.ns = link->ns,
		.link = (struct kn_link *)link,
	};
	struct kn_link_info info = {};
	struct kn_err err = {};
	int found = step.ops->probe(r->nets, &step, &err);

	if (found >= KN_FITS && kn_nets_link(r->nets, link->ns, link->name, &info, &err))
		found = KN_ABSENT;
	if (found == KN_ABSENT)
		kn_report_add(r, KN_FAIL, "link", item, "missing");
	else if (found != KN_FITS)
		kn_report_add(r, KN_FAIL, "link", item, "%s", err.text);
	else if (link->up && !(info.flags & IFF_UP))
		kn_report_add(r, KN_FAIL, "link", item, "down");
	else if (link->up && !info.carrier)
		kn_report_add(r, KN_WARN, "link", item, "up without carrier");
	else
		kn_report_add(r, KN_PASS, "link", item, "%s, MTU %u",
			      info.flags & IFF_UP ? "up" : "down, as it should be", info.mtu);
}

void kn_check_links(struct kn_report *r)
{
	char item[KN_LINK_TEXT];

	for (size_t i = 0; i < r->nets->topo->n_links; i++)
		if (r->nets->topo->links[i].kind != KN_UPLINK)
			check_link(r, &r->nets->topo->links[i],
				   kn_link_text(&r->nets->topo->links[i], item));
}

void kn_check_members(struct kn_report *r)
{
	struct kn_err err;
	char item[KN_LINK_TEXT];

	for (size_t i = 0; i < r->nets->topo->n_links; i++) {
		struct kn_link *link = &r->nets->topo->links[i];
		struct kn_step step = { &kn_step_master, link->ns, link, NULL, KN_IN };
		bool member;

		if (!link->master)
			continue;
		member = kn_step_master.probe(r->nets, &step, &err) == KN_FITS;
		kn_report_add(r, member ? KN_PASS : KN_FAIL, "member", kn_link_text(link, item),
			      "%s of bridge %s", member ? "member" : "no member",
			      link->master->name);
	}
}

static bool is_leased(const struct kn_addr_info *info, const void *data)
{
	(void)data;
	return info->addr.family == AF_INET && info->scope == RT_SCOPE_UNIVERSE;
}

/* Without carrier there is no duplicate address detection to wait for. */
static int wait_for_dad(struct kn_report *r, const struct kn_link *link,
			const struct kn_prefix *addr, struct kn_err *err)
{
	struct kn_link_info info;

	if (kn_nets_link(r->nets, link->ns, link->name, &info, err) || !(info.flags & IFF_RUNNING))
		return 0;
	return kn_dad_wait(r->nets, link->ns, addr, err);
}

static void check_address(struct kn_report *r, struct kn_link *link, const struct kn_prefix *addr)
{
	struct kn_step step = { &kn_step_address, link->ns, link, addr, KN_IN };
	char item[KN_LINK_TEXT], address[KN_PREFIX_TEXT];
	struct kn_err err = {};
	int found = kn_step_address.probe(r->nets, &step, &err);
	int code = found == KN_FITS ? wait_for_dad(r, link, addr, &err) : 0;

	kn_link_text(link, item);
	kn_prefix_text(addr, address);
	if (found == KN_ABSENT)
		kn_report_add(r, KN_FAIL, "address", item, "%s missing", address);
	else if (found != KN_FITS || code == -EADDRINUSE)
		kn_report_add(r, KN_FAIL, "address", item, "%s: %s", address, err.text);
	else
		kn_report_add(r, code ? KN_WARN : KN_PASS, "address", item, "%s there%s", address,
			      code ? ", still tentative" : "");
}

void kn_check_addresses(struct kn_report *r)
{
	char item[KN_LINK_TEXT];
	struct kn_err err;

	for (size_t i = 0; i < r->nets->topo->n_links; i++) {
		struct kn_link *link = &r->nets->topo->links[i];

		for (size_t a = 0; a < link->n_addrs; a++)
			check_address(r, link, &link->addrs[a]);
		if (link->dhcp) {
			bool leased = kn_address_find(r->nets, link->ns, link->name, is_leased,
						      NULL, &err) == 1;

			kn_report_add(r, leased ? KN_PASS : KN_FAIL, "address",
				      kn_link_text(link, item), "%s",
				      leased ? "leased" : "no lease");
		}
	}
}

void kn_check_uplink(struct kn_report *r)
{
	const struct kn_link *link = r->nets->topo->uplink;
	struct kn_link_info info;
	struct kn_err err;
	int in = link ? kn_uplink_is_in(r->nets, link->ns, &err) : 0;

	if (!link)
		return;
	if (in < 0)
		kn_report_add(r, KN_FAIL, "uplink", link->name[0] ? link->name : "(unknown)", "%s",
			      err.text);
	else if (!in)
		kn_report_add(r, KN_FAIL, "uplink", link->name[0] ? link->name : "(unknown)",
			      "not in namespace %s", link->ns->name);
	else if (kn_nets_link(r->nets, link->ns, link->name, &info, &err))
		kn_report_add(r, KN_FAIL, "uplink", link->name, "%s", err.text);
	else
		kn_report_add(r, info.carrier ? KN_PASS : KN_WARN, "uplink", link->name,
			      "in namespace %s%s", link->ns->name,
			      info.carrier ? "" : ", without carrier");
}

void kn_check_dhcp(struct kn_report *r)
{
	char item[KN_LINK_TEXT];

	for (size_t i = 0; i < r->nets->topo->n_links; i++) {
		const struct kn_link *link = &r->nets->topo->links[i];
		int pid = link->dhcp ? kn_dhcp_client(r->nets, link) : 0;

		if (pid)
			kn_report_add(r, KN_PASS, "dhcp", kn_link_text(link, item), "client pid %d",
				      pid);
		else if (link->dhcp)
			kn_report_add(r, KN_FAIL, "dhcp", kn_link_text(link, item),
				      "no client runs");
	}
}

static void check_mirror(struct kn_report *r, const struct kn_mirror *mirror,
			 enum kn_direction direction)
{
	char item[2 * KN_LINK_TEXT], from[KN_LINK_TEXT];
	struct kn_filter_info filter;
	struct kn_link_info to;
	struct kn_err err = {};
	int found = kn_mirror_find(r->nets, mirror, direction, &filter, &err);

	snprintf(item, sizeof(item), "%s %s", kn_link_text(mirror->from, from),
		 direction == KN_IN ? "in" : "out");
	if (found <= 0 || !filter.mirrors)
		kn_report_add(r, KN_FAIL, "mirror", item, "%s", found < 0 ? err.text : "no rule");
	else if (kn_nets_link(r->nets, mirror->to->ns, mirror->to->name, &to, &err))
		kn_report_add(r, KN_FAIL, "mirror", item, "its target %s is gone",
			      mirror->to->name);
	else if (filter.to != to.ifindex)
		kn_report_add(r, KN_FAIL, "mirror", item,
			      "it leads to a %s that is gone; up mends it", mirror->to->name);
	else if (!(to.flags & IFF_UP))
		kn_report_add(r, KN_FAIL, "mirror", item, "its target %s is down",
			      mirror->to->name);
	else
		kn_report_add(r, filter.packets ? KN_PASS : KN_WARN, "mirror", item,
			      "%s to %s: %llu packets, %llu bytes", filter.kind, mirror->to->name,
			      (unsigned long long)filter.packets, (unsigned long long)filter.bytes);
}

void kn_check_mirrors(struct kn_report *r)
{
	for (size_t i = 0; i < r->nets->topo->n_mirrors; i++) {
		if (r->nets->topo->mirrors[i].in)
			check_mirror(r, &r->nets->topo->mirrors[i], KN_IN);
		if (r->nets->topo->mirrors[i].out)
			check_mirror(r, &r->nets->topo->mirrors[i], KN_OUT);
	}
}

/* The port that receives the copies should have kidos's XDP program. kidos-netns does not attach
 * it, so without one there is only a warning.
 */
void kn_check_xdp(struct kn_report *r)
{
	static const char *const modes[] = {
		[XDP_ATTACHED_DRV] = "native",
		[XDP_ATTACHED_SKB] = "generic",
		[XDP_ATTACHED_HW] = "offloaded",
		[XDP_ATTACHED_MULTI] = "several",
	};
	char item[KN_LINK_TEXT];
	struct kn_link_info info;
	struct kn_err err;

	for (size_t i = 0; i < r->nets->topo->n_mirrors; i++) {
		const struct kn_link *to = r->nets->topo->mirrors[i].to;
		const struct kn_link *port = to->peer ? to->peer : to;

		kn_link_text(port, item);
		if (kn_nets_link(r->nets, port->ns, port->name, &info, &err))
			kn_report_add(r, KN_FAIL, "xdp", item, "the mirror port is gone");
		else if (info.xdp_mode == XDP_ATTACHED_NONE || info.xdp_mode > XDP_ATTACHED_MULTI)
			kn_report_add(r, KN_WARN, "xdp", item, "no XDP program on the mirror port");
		else
			kn_report_add(r, KN_PASS, "xdp", item, "%s, program %u",
				      modes[info.xdp_mode], info.xdp_prog);
	}
}
