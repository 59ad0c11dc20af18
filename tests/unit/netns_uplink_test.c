/* SPDX-License-Identifier: MIT */
/* The uplink without a kernel: which of several interfaces it is, how a route is told again, and
 * what is missed when something of it is not back.
 */
#include "netns_util.h"
#include "uplink_compare.h"
#include "uplink_find.h"
#include "uplink_nexthop.h"
#include "uplink_route.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <string.h>
#include <sys/socket.h>

#define OWN 5
#define OTHER 6
#define ROOM 1024

/* --- which interface --- */

static void likeness(void **state)
{
	static const struct {
		const char *what;
		struct kn_link_info info;
		unsigned int score;
	} cases[] = {
		{ "itself", { .name = "up1", .ifindex = OWN, .has_mac = true, .mac = { 2 } }, 3 },
		{ "renamed", { .name = "x", .ifindex = OWN, .has_mac = true, .mac = { 2 } }, 2 },
		{ "renumbered", { .name = "up1", .ifindex = 9, .has_mac = true, .mac = { 2 } }, 2 },
		{ "a twin", { .name = "x", .ifindex = 9, .has_mac = true, .mac = { 2 } }, 1 },
		{ "its name", { .name = "up1", .ifindex = 9, .has_mac = true, .mac = { 4 } }, 0 },
		{ "MAC changed",
		  { .name = "up1", .ifindex = OWN, .has_mac = true, .mac = { 4 } },
		  1 },
		{ "another kind",
		  { .name = "up1", .ifindex = OWN, .kind = "dummy", .has_mac = true, .mac = { 2 } },
		  0 },
		{ "a twin in its slot",
		  { .name = "x",
		    .ifindex = 9,
		    .device = "0000:00:03.0",
		    .has_mac = true,
		    .mac = { 2 } },
		  2 },
		{ "in another slot",
		  { .name = "up1",
		    .ifindex = 9,
		    .device = "0000:00:04.0",
		    .has_mac = true,
		    .mac = { 2 } },
		  2 },
		{ "no address", { .name = "x", .ifindex = 9 }, 0 },
	};
	const struct kn_journal journal = { .name = "up1",
					    .ifindex = OWN,
					    .device = "0000:00:03.0",
					    .has_mac = true,
					    .mac = { 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (kn_uplink_likeness(&cases[i].info, &journal) != cases[i].score)
			fail_msg("%s", cases[i].what);
}

static void permanent(void **state)
{
	const struct kn_journal journal = { .name = "up1",
					    .ifindex = OWN,
					    .has_mac = true,
					    .mac = { 2 },
					    .has_permanent_mac = true,
					    .permanent_mac = { 8 } };
	struct kn_link_info info = { .name = "up1",
				     .ifindex = OWN,
				     .has_mac = true,
				     .mac = { 4 },
				     .has_permanent_mac = true,
				     .permanent_mac = { 8 } };

	(void)state;
	assert_int_equal(kn_uplink_likeness(&info, &journal), 3);
	info.permanent_mac[0] = 10; /* whatever else fits */
	info.mac[0] = 2;
	assert_int_equal(kn_uplink_likeness(&info, &journal), 0);
}

/* --- routes --- */

static struct nlmsghdr *route(void *buf, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_NEWROUTE;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = family;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_flags = RTNH_F_LINKDOWN;
	return nlh;
}

static void put_hop(struct nlmsghdr *nlh, int ifindex, uint32_t gateway, uint8_t weight)
{
	struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(nlh);
	struct nlattr *attr = (void *)RTNH_DATA(hop);

	*hop = (struct rtnexthop){ .rtnh_len = RTNH_LENGTH(8),
				   .rtnh_flags = RTNH_F_LINKDOWN | RTNH_F_ONLINK,
				   .rtnh_hops = weight,
				   .rtnh_ifindex = ifindex };
	*attr = (struct nlattr){ .nla_len = 8, .nla_type = RTA_GATEWAY };
	memcpy(mnl_attr_get_payload(attr), &gateway, 4);
	nlh->nlmsg_len += RTNH_ALIGN(hop->rtnh_len);
}

static struct nlmsghdr *multipath(void *buf, uint8_t family, int first, int second)
{
	struct nlmsghdr *nlh = route(buf, family);
	struct nlattr *nest = mnl_attr_nest_start(nlh, RTA_MULTIPATH);

	put_hop(nlh, first, 1, 2);
	put_hop(nlh, second, 2, 0);
	mnl_attr_nest_end(nlh, nest);
	nest->nla_type = RTA_MULTIPATH;
	return nlh;
}

static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

struct paths {
	int ifindex[4];
	struct kn_path path[4];
	size_t n;
};

static void take_path(const struct kn_path *path, void *data)
{
	struct paths *paths = data;

	paths->ifindex[paths->n] = path->ifindex;
	paths->path[paths->n++] = *path;
}

static void again_multipath(void **state)
{
	_Alignas(8) char buf[ROOM], out[ROOM];
	struct nlmsghdr *saved = multipath(buf, AF_INET6, OWN, OTHER), *nlh;
	struct paths paths = {}, now = {};
	struct rtmsg *rtm;

	(void)state;
	kn_route_paths(saved, take_path, &paths);
	assert_int_equal(paths.n, 2);
	nlh = kn_route_again(out, saved, OWN, 9, NULL);
	rtm = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(rtm->rtm_flags, 0);
	kn_route_paths(nlh, take_path, &now);
	assert_int_equal(now.n, 2);
	assert_int_equal(now.ifindex[0], 9);
	assert_int_equal(now.ifindex[1], OTHER);
	assert_int_equal(now.path[0].hop->rtnh_flags, RTNH_F_ONLINK);
	assert_int_equal(now.path[0].hop->rtnh_hops, 2);
	now.n = 0;
	nlh = kn_route_again(out, saved, OWN, 9, &paths.path[0]);
	kn_route_paths(nlh, take_path, &now);
	assert_int_equal(now.n, 1);
	assert_int_equal(now.ifindex[0], 9);
	assert_int_equal(now.path[0].hop->rtnh_hops, 2);
}

static void again_object(void **state)
{
	_Alignas(8) char buf[ROOM], out[ROOM];
	struct nlmsghdr *saved = multipath(buf, AF_INET, OWN, OTHER), *nlh;
	uint32_t gateway = 1;

	(void)state;
	mnl_attr_put_u32(saved, RTA_NH_ID, 7);
	mnl_attr_put_u32(saved, RTA_OIF, OWN);
	mnl_attr_put(saved, RTA_GATEWAY, 4, &gateway);
	nlh = kn_route_again(out, saved, OWN, 9, NULL);
	assert_int_equal(kn_route_object(nlh), 7);
	assert_null(find(nlh, RTA_OIF));
	assert_null(find(nlh, RTA_GATEWAY));
	assert_null(find(nlh, RTA_MULTIPATH));
}

static void again_lifetime(void **state)
{
	_Alignas(8) char buf[ROOM], out[ROOM];
	struct nlmsghdr *saved = route(buf, AF_INET6), *nlh;
	struct rta_cacheinfo info = { .rta_expires = 1800 * 100 };

	(void)state;
	mnl_attr_put_u32(saved, RTA_OIF, OWN);
	mnl_attr_put(saved, RTA_CACHEINFO, sizeof(info), &info);
	nlh = kn_route_again(out, saved, OWN, 9, NULL);
	assert_null(find(nlh, RTA_CACHEINFO));
	assert_int_equal(mnl_attr_get_u32(find(nlh, RTA_EXPIRES)), 1801);
	assert_int_equal(mnl_attr_get_u32(find(nlh, RTA_OIF)), 9);
	info.rta_expires = 0; /* for ever */
	saved = route(buf, AF_INET6);
	mnl_attr_put(saved, RTA_CACHEINFO, sizeof(info), &info);
	assert_null(find(kn_route_again(out, saved, OWN, 9, NULL), RTA_EXPIRES));
}

static struct nlmsghdr *nexthop(void *buf, uint32_t id, int oif)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_NEWNEXTHOP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nhmsg));
	mnl_attr_put_u32(nlh, NHA_ID, id);
	mnl_attr_put_u32(nlh, NHA_OIF, (uint32_t)oif);
	return nlh;
}

static void keep(struct kn_saved_list *list, const char *text, const struct nlmsghdr *nlh)
{
	assert_int_equal(kn_journal_add(list, text, nlh, nlh->nlmsg_len), 0);
}

static void used(void **state)
{
	_Alignas(8) char buf[ROOM];
	struct kn_journal journal = { .ifindex = OWN };
	struct kn_uses uses = { OWN, &journal.nexthops };
	struct nlmsghdr *nlh;

	(void)state;
	keep(&journal.nexthops, "", nexthop(buf, 3, OWN));
	keep(&journal.nexthops, "", nexthop(buf, 7, OWN));
	assert_true(kn_nexthop_saved(&journal.nexthops, 3));
	assert_true(kn_nexthop_saved(&journal.nexthops, 7));
	assert_false(kn_nexthop_saved(&journal.nexthops, 5));
	assert_true(kn_route_uses(multipath(buf, AF_INET, OTHER, OWN), &uses));
	assert_false(kn_route_uses(multipath(buf, AF_INET, OTHER, 8), &uses));
	nlh = route(buf, AF_INET);
	mnl_attr_put_u32(nlh, RTA_NH_ID, 7); /* and nothing else: nexthop_compat_mode 0 */
	assert_true(kn_route_uses(nlh, &uses));
	uses.nexthops = NULL;
	assert_false(kn_route_uses(nlh, &uses));
	kn_journal_clear(&journal);
}

/* --- what is missed --- */

static struct nlmsghdr *address(void *buf, uint8_t last, uint32_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	uint8_t bytes[4] = { 10, 71, 0, last };
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = RTM_NEWADDR;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = 24;
	mnl_attr_put(nlh, IFA_LOCAL, 4, bytes);
	mnl_attr_put_u32(nlh, IFA_FLAGS, flags);
	return nlh;
}

static size_t missing(const struct kn_journal *was, const struct kn_journal *now, const char *text)
{
	struct kn_err err = {};
	size_t n = kn_uplink_missing(was, now, &err);

	assert_string_equal(err.text, text);
	return n;
}

static void missed(void **state)
{
	_Alignas(8) char buf[ROOM];
	struct kn_journal was = { .ifindex = OWN }, now = { .ifindex = 9 };

	(void)state;
	keep(&was.addrs, "10.71.0.1/24", address(buf, 1, IFA_F_PERMANENT));
	keep(&was.addrs, "10.71.0.2/24", address(buf, 2, IFA_F_PERMANENT));
	keep(&was.nexthops, "nexthop 7", nexthop(buf, 7, OWN));
	keep(&was.routes, "2001:db8::/32", multipath(buf, AF_INET6, OWN, OTHER));
	assert_int_equal(missing(&was, &now,
				 "address 10.71.0.1/24, address 10.71.0.2/24, nexthop 7, "
				 "route 2001:db8::/32"),
			 4);
	/* In another order, with another state and number. */
	keep(&now.addrs, "", address(buf, 2, IFA_F_TENTATIVE | IFA_F_PERMANENT));
	keep(&now.addrs, "", address(buf, 1, IFA_F_PERMANENT));
	keep(&now.nexthops, "", nexthop(buf, 7, 9));
	keep(&now.routes, "", multipath(buf, AF_INET6, 8, 9)); /* by the other's gateway */
	assert_int_equal(missing(&was, &now, "route 2001:db8::/32"), 1);
	keep(&now.routes, "", multipath(buf, AF_INET6, 9, 8)); /* the other path is not ours */
	assert_int_equal(missing(&was, &now, ""), 0);
	keep(&was.addrs, "again", address(buf, 1, IFA_F_NOPREFIXROUTE));
	assert_int_equal(missing(&was, &now, "address again"), 1);
	kn_journal_clear(&was);
	kn_journal_clear(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: uplink: likeness of links", likeness, NULL, NULL, NULL },
		{ "netns: uplink: the permanent MAC address decides", permanent, NULL, NULL, NULL },
		{ "netns: uplink: a multipath route again", again_multipath, NULL, NULL, NULL },
		{ "netns: uplink: an object's route again", again_object, NULL, NULL, NULL },
		{ "netns: uplink: a route's lifetime again", again_lifetime, NULL, NULL, NULL },
		{ "netns: uplink: routes that use it", used, NULL, NULL, NULL },
		{ "netns: uplink: what is not back is missed", missed, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns uplink", tests, NULL, NULL);
}
