/* SPDX-License-Identifier: MIT */
#include "uplink_compare.h"
#include "netlink/cleanup.h"
#include "uplink_route.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <libmnl/libmnl.h>
#include <linux/nexthop.h>
#include <stdio.h>
#include <string.h>

#define NAMED 4 /* of what is missing; the rest is only counted */

/* FNV-1a, 64 bits. Nobody chooses these on purpose, and among a million of them two are the same
 * once in 10^7 runs.
 */
#define FNV_BEGIN 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static uint64_t add(uint64_t hash, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * FNV_PRIME;
	return hash;
}

static uint64_t add_number(uint64_t hash, uint32_t number)
{
	return add(hash, &number, sizeof(number));
}

/* The interface may have another ifindex after a move. */
static uint64_t add_ifindex(uint64_t hash, int number, int own)
{
	return add_number(hash, number == own ? 0 : (uint32_t)number);
}

/* The attributes of the given types, in the order of the types. */
static uint64_t add_attrs(uint64_t hash, const void *attrs, size_t len, const uint16_t *types,
			  size_t n)
{
	const struct nlattr *attr;

	for (size_t i = 0; i < n; i++)
		mnl_attr_for_each_payload(attrs, len)
		{
			if (mnl_attr_get_type(attr) != types[i])
				continue;
			hash = add_number(hash, types[i]);
			hash = add(hash, mnl_attr_get_payload(attr),
				   mnl_attr_get_payload_len(attr));
		}
	return hash;
}

static uint64_t add_message(uint64_t hash, const struct nlmsghdr *nlh, size_t header,
			    const uint16_t *types, size_t n)
{
	return add_attrs(hash, mnl_nlmsg_get_payload_offset(nlh, header),
			 mnl_nlmsg_get_payload_len(nlh) - MNL_ALIGN(header), types, n);
}

static uint32_t number(const struct nlmsghdr *nlh, size_t header, uint16_t type, uint32_t other)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, header)
		if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= 4)
			return mnl_attr_get_u32(attr);
	return other;
}

/* An item for which there is no memory counts as missing. */
struct prints {
	uint64_t *list;
	size_t n, room;
};

static void push(struct prints *prints, uint64_t print)
{
	size_t room = prints->room ? 2 * prints->room : 256;
	uint64_t *more;

	if (prints->n == prints->room) {
		more = realloc(prints->list, room * sizeof(*more));
		if (!more)
			return;
		prints->list = more;
		prints->room = room;
	}
	prints->list[prints->n++] = print;
}

static void print_addr(const struct nlmsghdr *nlh, int ifindex, struct prints *out)
{
	static const uint16_t types[] = { IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_LABEL,
					  IFA_RT_PRIORITY };
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	uint64_t hash = add(FNV_BEGIN, &ifa->ifa_family, 2); /* and the prefix length */
	uint32_t flags = number(nlh, sizeof(*ifa), IFA_FLAGS, ifa->ifa_flags);

	(void)ifindex;
	hash = add(hash, &ifa->ifa_scope, 1);
	hash = add_number(hash, flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS |
					 IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN));
	push(out, add_message(hash, nlh, sizeof(*ifa), types, sizeof(types) / sizeof(types[0])));
}

static void print_neighbour(const struct nlmsghdr *nlh, int ifindex, struct prints *out)
{
	static const uint16_t types[] = { NDA_DST, NDA_LLADDR, NDA_VLAN };
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	uint64_t hash = add_number(FNV_BEGIN, ndm->ndm_family);

	(void)ifindex;
	hash = add_number(hash, ndm->ndm_flags & NTF_PROXY);
	push(out, add_message(hash, nlh, sizeof(*ndm), types, sizeof(types) / sizeof(types[0])));
}

uint64_t kn_nexthop_print(const struct nlmsghdr *nlh, int ifindex)
{
	static const uint16_t types[] = { NHA_ID,      NHA_GROUP,      NHA_GROUP_TYPE,
					  NHA_GATEWAY, NHA_ENCAP_TYPE, NHA_ENCAP };
	const struct nhmsg *nhm = mnl_nlmsg_get_payload(nlh);
	uint64_t hash = add_number(FNV_BEGIN, nhm->nh_family);

	hash = add_ifindex(hash, (int)number(nlh, sizeof(*nhm), NHA_OIF, 0), ifindex);
	return add_message(hash, nlh, sizeof(*nhm), types, sizeof(types) / sizeof(types[0]));
}

static void print_nexthop(const struct nlmsghdr *nlh, int ifindex, struct prints *out)
{
	push(out, kn_nexthop_print(nlh, ifindex));
}

struct path_print {
	const struct nlmsghdr *nlh;
	int ifindex;
	bool all; /* none of the paths is the interface's own: it is its address that was used */
	uint64_t route;
	struct prints *out;
};

static void count_own(const struct kn_path *path, void *data)
{
	struct path_print *print = data;

	if (path->ifindex == print->ifindex)
		print->all = false;
}

/* Others' paths of a multipath route come and go without us. */
static void print_path(const struct kn_path *path, void *data)
{
	static const uint16_t types[] = { RTA_GATEWAY, RTA_VIA, RTA_ENCAP_TYPE, RTA_ENCAP };
	const struct path_print *print = data;
	uint64_t hash = add_ifindex(print->route, path->ifindex, print->ifindex);

	if (!print->all && path->ifindex != print->ifindex)
		return;
	if (!kn_route_object(print->nlh))
		hash = add_attrs(hash, path->attrs, path->len, types,
				 sizeof(types) / sizeof(types[0]));
	push(print->out, hash);
}

static void print_route(const struct nlmsghdr *nlh, int ifindex, struct prints *out)
{
	static const uint16_t types[] = { RTA_DST,   RTA_SRC,     RTA_PRIORITY, RTA_PREFSRC,
					  RTA_NH_ID, RTA_METRICS, RTA_PREF };
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct path_print print = { nlh, ifindex, true, FNV_BEGIN, out };

	print.route = add(print.route, &rtm->rtm_family, 4); /* lengths and TOS */
	print.route = add(print.route, &rtm->rtm_protocol, 3); /* scope and type */
	print.route = add_number(print.route, number(nlh, sizeof(*rtm), RTA_TABLE, rtm->rtm_table));
	/* A router may have advertised another preference and hop limit meanwhile. */
	print.route = add_message(print.route, nlh, sizeof(*rtm), types,
				  sizeof(types) / sizeof(types[0]) -
					  (rtm->rtm_protocol == RTPROT_RA ? 2 : 0));
	kn_route_paths(nlh, count_own, &print);
	kn_route_paths(nlh, print_path, &print);
}

typedef void print_one(const struct nlmsghdr *nlh, int ifindex, struct prints *out);

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool has_all(const struct prints *now, const struct prints *was)
{
	for (size_t i = 0; i < was->n; i++)
		if (!now->n ||
		    !bsearch(&was->list[i], now->list, now->n, sizeof(*now->list), by_value))
			return false;
	return true;
}

static void name_one(struct kn_err *err, size_t missing, const char *what, const char *text)
{
	size_t used = missing ? strlen(err->text) : 0;

	if (missing < NAMED)
		snprintf(err->text + used, sizeof(err->text) - used, "%s%s%s", used ? ", " : "",
			 what, text);
	else if (missing == NAMED)
		snprintf(err->text + used, sizeof(err->text) - used, ", and more");
}

struct compare {
	const char *what;
	const struct kn_saved_list *was, *now;
	print_one *print;
};

static size_t compare(const struct compare *list, int was_ifindex, int now_ifindex, size_t missing,
		      struct kn_err *err)
{
	struct prints now = {}, one = {};

	for (size_t i = 0; i < list->now->n; i++)
		list->print(list->now->items[i].message, now_ifindex, &now);
	if (now.n)
		qsort(now.list, now.n, sizeof(*now.list), by_value);
	for (size_t i = 0; i < list->was->n; i++) {
		one.n = 0;
		list->print(list->was->items[i].message, was_ifindex, &one);
		if (!has_all(&now, &one))
			name_one(err, missing++, list->what, list->was->items[i].text);
	}
	free(now.list);
	free(one.list);
	return missing;
}

size_t kn_uplink_missing(const struct kn_journal *was, const struct kn_journal *now,
			 struct kn_err *err)
{
	const struct compare lists[] = {
		{ "address ", &was->addrs, &now->addrs, print_addr },
		{ "neighbour ", &was->neighbours, &now->neighbours, print_neighbour },
		{ "", &was->nexthops, &now->nexthops, print_nexthop },
		{ "route ", &was->routes, &now->routes, print_route },
	};
	size_t missing = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		missing = compare(&lists[i], was->ifindex, now->ifindex, missing, err);
	return missing;
}
