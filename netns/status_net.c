/* SPDX-License-Identifier: MIT */
#include "address.h"
#include "probe_net.h"
#include "report.h"
#include "route.h"
#include "step.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_GATEWAYS 8

struct gateways {
	struct kn_prefix at[MAX_GATEWAYS];
	size_t n;
};

static void collect(const struct kn_route_info *info, const struct nlmsghdr *nlh, void *data)
{
	struct gateways *gateways = data;

	(void)nlh;
	if (!info) {
		gateways->n = 0;
		return;
	}
	if (info->route.to.len == 0 && info->route.via.family && info->type == RTN_UNICAST &&
	    info->route.table == RT_TABLE_MAIN && gateways->n < MAX_GATEWAYS)
		gateways->at[gateways->n++] = info->route.via;
}

static bool wants_dhcp(const struct kn_topology *topo, const struct kn_ns *ns)
{
	for (size_t i = 0; i < topo->n_links; i++)
		if (topo->links[i].ns == ns && topo->links[i].dhcp)
			return true;
	return false;
}

void kn_check_routes(struct kn_report *r)
{
	struct kn_err err;

	for (size_t n = 1; n < r->nets->topo->n_ns; n++) {
		struct kn_ns *ns = &r->nets->topo->ns[n];
		struct gateways gateways = {};

		for (size_t i = 0; i < ns->n_routes; i++) {
			struct kn_step step = { &kn_step_route, ns, NULL, &ns->routes[i], KN_IN };
			bool there = kn_step_route.probe(r->nets, &step, &err) == KN_FITS;

			kn_report_add(r, there ? KN_PASS : KN_FAIL, "route", ns->name, "%s %s",
				      ns->routes[i].text, there ? "there" : "missing");
		}
		if (!wants_dhcp(r->nets->topo, ns))
			continue;
		kn_route_walk(r->nets, ns, AF_INET, collect, &gateways, &err);
		kn_report_add(r, gateways.n ? KN_PASS : KN_FAIL, "route", ns->name,
			      gateways.n ? "default route by DHCP" : "no default route by DHCP");
	}
}

static void ping(struct kn_report *r, const char *check, const struct kn_ns *ns,
		 const struct kn_prefix *to)
{
	char item[KN_NS_NAME + INET6_ADDRSTRLEN + 8], address[INET6_ADDRSTRLEN];
	struct kn_err err;

	snprintf(item, sizeof(item), "%s to %s", ns->name,
		 inet_ntop(to->family, to->bytes, address, sizeof(address)));
	if (kn_ping(r->nets, ns, to, &err))
		kn_report_add(r, KN_FAIL, check, item, "ping: %s", err.text);
	else
		kn_report_add(r, KN_PASS, check, item, "answers");
}

/* fe80::/10; to ask one takes an interface too, and a router advertises itself anyway. */
static bool is_link_local(const struct kn_prefix *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

void kn_check_gateways(struct kn_report *r)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct kn_err err;

	for (size_t n = 1; n < r->nets->topo->n_ns; n++) {
		const struct kn_ns *ns = &r->nets->topo->ns[n];

		for (size_t f = 0; f < 2; f++) {
			struct gateways gateways = {};

			if (kn_route_walk(r->nets, ns, families[f], collect, &gateways, &err))
				continue; /* a missing namespace has its row already */
			for (size_t i = 0; i < gateways.n; i++)
				if (!is_link_local(&gateways.at[i]))
					ping(r, "gateway", ns, &gateways.at[i]);
		}
	}
}

void kn_check_far(struct kn_report *r)
{
	struct kn_prefix to;

	for (size_t n = 1; n < r->nets->topo->n_ns; n++) {
		const struct kn_ns *ns = &r->nets->topo->ns[n];

		for (size_t i = 0; i < ns->health.n_ping; i++) {
			to.family = strchr(ns->health.ping[i], ':') ? AF_INET6 : AF_INET;
			if (inet_pton(to.family, ns->health.ping[i], to.bytes) == 1)
				ping(r, "ping", ns, &to);
		}
	}
}

void kn_check_dns(struct kn_report *r)
{
	char item[KN_NS_NAME + KN_TEXT];
	struct kn_err err;

	for (size_t n = 1; n < r->nets->topo->n_ns; n++) {
		const struct kn_ns *ns = &r->nets->topo->ns[n];

		for (size_t i = 0; i < ns->health.n_resolve; i++) {
			snprintf(item, sizeof(item), "%s for %s", ns->name, ns->health.resolve[i]);
			if (kn_resolve(r->nets, ns, ns->health.resolve[i], &err))
				kn_report_add(r, KN_FAIL, "dns", item, "%s", err.text);
			else
				kn_report_add(r, KN_PASS, "dns", item, "resolves");
		}
	}
}
