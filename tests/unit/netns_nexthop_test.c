/* SPDX-License-Identifier: MIT */
/* Where routes and nexthop objects lead, read from messages as the kernel sends them. */
#include "netns_util.h"
#include "netlink/nexthop.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(struct nlmsghdr) char buf[4096];

struct seen {
	unsigned int ifindex[8];
	size_t n;
};

static void see(unsigned int ifindex, void *data)
{
	struct seen *seen = data;

	assert_true(seen->n < 8);
	seen->ifindex[seen->n++] = ifindex;
}

static struct nlmsghdr *message(uint16_t type, const void *body, size_t size)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(nlh, size), body, size);
	return nlh;
}

static struct nlmsghdr *route(void)
{
	const struct rtmsg rtm = { .rtm_type = RTN_UNICAST };

	return message(RTM_NEWROUTE, &rtm, sizeof(rtm));
}

static void is_default(void **state)
{
	static const struct {
		uint16_t type;
		struct rtmsg rtm;
		bool yes;
	} rows[] = {
		{ RTM_NEWROUTE, { .rtm_type = RTN_UNICAST }, true },
		{ RTM_DELROUTE, { .rtm_type = RTN_UNICAST, .rtm_table = 100 }, true },
		{ RTM_NEWROUTE, { .rtm_type = RTN_UNICAST, .rtm_src_len = 64 }, true },
		{ RTM_NEWROUTE, { .rtm_type = RTN_UNICAST, .rtm_dst_len = 1 }, false },
		{ RTM_NEWROUTE, { .rtm_type = RTN_UNREACHABLE }, false },
		{ RTM_NEWROUTE, { .rtm_type = RTN_BLACKHOLE }, false },
		{ RTM_NEWROUTE, { .rtm_type = RTN_UNICAST, .rtm_flags = RTM_F_CLONED }, false },
		{ RTM_NEWLINK, { .rtm_type = RTN_UNICAST }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(kn_route_is_default(
					 message(rows[i].type, &rows[i].rtm, sizeof(rows[i].rtm))),
				 rows[i].yes);
	assert_false(kn_route_is_default(message(RTM_NEWROUTE, &rows[0].rtm, 4)));
}

static void one_hop(void **state)
{
	struct nlmsghdr *nlh = route();
	struct seen seen = {};

	(void)state;
	assert_int_equal(kn_route_oifs(nlh, see, &seen), 0);
	assert_int_equal(seen.n, 0);
	mnl_attr_put_u32(nlh, RTA_OIF, 7);
	assert_int_equal(kn_route_oifs(nlh, see, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.ifindex[0], 7);
	mnl_attr_put_u32(nlh, RTA_NH_ID, 42);
	assert_int_equal(kn_route_oifs(nlh, see, &seen), 42);
	nlh = route();
	mnl_attr_put_u16(nlh, RTA_OIF, 7); /* too short */
	mnl_attr_put_u16(nlh, RTA_NH_ID, 7);
	assert_int_equal(kn_route_oifs(nlh, see, &seen), 0);
	assert_int_equal(seen.n, 2);
}

/* Two next hops with a gateway each, as nested attributes behind their heads. */
static void multipath(void **state)
{
	struct {
		struct rtnexthop hop;
		struct rtattr attr;
		uint32_t gateway;
	} hops[2] = {};
	static const struct {
		size_t cut; /* bytes of both that there are */
		unsigned short length; /* of the second hop */
		size_t n;
	} rows[] = {
		{ sizeof(hops), sizeof(hops[0]), 2 },
		{ sizeof(hops), sizeof(struct rtnexthop) - 1, 1 },
		{ sizeof(hops), 0, 1 },
		{ sizeof(hops), sizeof(hops[0]) + 1, 1 },
		{ sizeof(hops) - 4, sizeof(hops[0]), 1 },
		{ 4, sizeof(hops[0]), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nlmsghdr *nlh = route();
		struct seen seen = {};

		for (int k = 0; k < 2; k++) {
			hops[k].hop = (struct rtnexthop){ sizeof(hops[k]), 0, 0, 11 + k };
			hops[k].attr = (struct rtattr){ 8, RTA_GATEWAY };
		}
		hops[1].hop.rtnh_len = rows[i].length;
		mnl_attr_put(nlh, RTA_MULTIPATH, rows[i].cut, hops);
		assert_int_equal(kn_route_oifs(nlh, see, &seen), 0);
		assert_int_equal(seen.n, rows[i].n);
		for (size_t k = 0; k < seen.n; k++)
			assert_int_equal(seen.ifindex[k], 11 + k);
	}
}

static struct nlmsghdr *nexthop(uint32_t id)
{
	const struct nhmsg nhm = {};
	struct nlmsghdr *nlh = message(RTM_NEWNEXTHOP, &nhm, sizeof(nhm));

	if (id)
		mnl_attr_put_u32(nlh, NHA_ID, id);
	return nlh;
}

static void objects(void **state)
{
	static const struct nexthop_grp group[] = { { .id = 5 }, { .id = 6, .weight = 3 } };
	struct nlmsghdr *nlh = nexthop(9);
	struct kn_nexthop got;

	(void)state;
	mnl_attr_put_u32(nlh, NHA_OIF, 3);
	assert_int_equal(kn_nexthop_read(nlh, &got), 0);
	assert_int_equal(got.id, 9);
	assert_int_equal(got.ifindex, 3);
	assert_int_equal(got.n_members, 0);
	nlh = nexthop(10);
	mnl_attr_put(nlh, NHA_GROUP, sizeof(group), group);
	assert_int_equal(kn_nexthop_read(nlh, &got), 0);
	assert_int_equal(got.ifindex, 0);
	assert_int_equal(got.n_members, 2);
	assert_int_equal(got.members[0], 5);
	assert_int_equal(got.members[1], 6);
	free(got.members);
	nlh = nexthop(11);
	mnl_attr_put(nlh, NHA_BLACKHOLE, 0, NULL);
	assert_int_equal(kn_nexthop_read(nlh, &got), 0);
	assert_int_equal(got.ifindex, 0);
	assert_int_equal(kn_nexthop_read(nexthop(0), &got), -EBADMSG);
	assert_int_equal(kn_nexthop_read(route(), &got), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: nexthop default routes are told apart", is_default, NULL, NULL, NULL },
		{ "netns: nexthop of a route with one", one_hop, NULL, NULL, NULL },
		{ "netns: nexthops of a multipath route, whole and cut", multipath, NULL, NULL,
		  NULL },
		{ "netns: nexthop objects, groups and blackholes", objects, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns nexthops", tests, NULL, NULL);
}
