/* SPDX-License-Identifier: MIT */
/* Default routes as the kernel's messages change them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "links/routes.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A message, and the next hops that are known after it: "ifindex" or "n" and an object's id. */
static const struct row {
	uint16_t type, flags;
	uint8_t family, length;
	uint32_t table, metric;
	unsigned int oifs[3]; /* more than one: RTA_MULTIPATH */
	uint32_t object;
	bool changes;
	const char *after;
} rows[] = {
	{ RTM_NEWROUTE, 0, AF_INET, 8, 254, 0, { 9 }, 0, false, "" },
	{ RTM_NEWROUTE, 0, AF_INET, 0, 254, 0, { 2 }, 0, true, "2" },
	{ RTM_NEWROUTE, 0, AF_INET, 0, 254, 0, { 2 }, 0, false, "2" },
	{ RTM_NEWROUTE, 0, AF_INET6, 0, 254, 1024, { 2, 3 }, 0, true, "2 2 3" },
	{ RTM_DELROUTE, 0, AF_INET, 0, 254, 1, { 2 }, 0, false, "2 2 3" },
	{ RTM_DELROUTE, 0, AF_INET, 0, 100, 0, { 2 }, 0, false, "2 2 3" },
	{ RTM_DELROUTE, 0, AF_INET, 0, 254, 0, { 2 }, 0, true, "2 3" },
	{ RTM_DELROUTE, 0, AF_INET6, 0, 254, 1024, { 2 }, 0, true, "3" },
	{ RTM_NEWROUTE, NLM_F_REPLACE, AF_INET6, 0, 254, 1024, { 4, 5, 6 }, 0, true, "4 5 6" },
	{ RTM_NEWROUTE, 0, AF_INET, 0, 1000, 7, { 4 }, 21, true, "n21 4 5 6" },
	{ RTM_NEWROUTE, NLM_F_REPLACE, AF_INET, 0, 1000, 7, { 0 }, 22, true, "n22 4 5 6" },
	{ RTM_DELROUTE, 0, AF_INET, 0, 1000, 7, { 5 }, 22, true, "4 5 6" },
	{ RTM_DELROUTE, 0, AF_INET6, 0, 254, 1024, { 4, 5, 6 }, 0, true, "" },
};

static _Alignas(struct nlmsghdr) char buf[1024];

static void put_oifs(struct nlmsghdr *message, const unsigned int oifs[3])
{
	struct rtnexthop hops[3];
	size_t n = 0;

	for (; n < 3 && oifs[n]; n++)
		hops[n] = (struct rtnexthop){ sizeof(hops[n]), 0, 0, (int)oifs[n] };
	if (n > 1)
		mnl_attr_put(message, RTA_MULTIPATH, n * sizeof(hops[0]), hops);
	else if (n)
		mnl_attr_put_u32(message, RTA_OIF, oifs[0]);
}

static const struct nlmsghdr *message_of(const struct row *row)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct rtmsg *header;

	message->nlmsg_type = row->type;
	message->nlmsg_flags = row->flags;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->rtm_family = row->family;
	header->rtm_dst_len = row->length;
	header->rtm_type = RTN_UNICAST;
	header->rtm_table = row->table < 256 ? (uint8_t)row->table : RT_TABLE_COMPAT;
	mnl_attr_put_u32(message, RTA_TABLE, row->table);
	if (row->metric)
		mnl_attr_put_u32(message, RTA_PRIORITY, row->metric);
	put_oifs(message, row->oifs);
	if (row->object)
		mnl_attr_put_u32(message, RTA_NH_ID, row->object);
	return message;
}

static int by_hop(const void *a, const void *b)
{
	const struct kidos_route *one = a, *other = b;

	return one->ifindex != other->ifindex ? (int)one->ifindex - (int)other->ifindex
					      : (int)one->nexthop - (int)other->nexthop;
}

static const char *hops_of(struct kidos_routes *routes)
{
	static char text[128];

	*text = '\0';
	if (routes->count)
		qsort(routes->items, routes->count, sizeof(*routes->items), by_hop);
	for (size_t i = 0; i < routes->count; i++) {
		const struct kidos_route *route = &routes->items[i];

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%u", i ? " " : "",
			 route->nexthop ? "n" : "",
			 route->nexthop ? route->nexthop : route->ifindex);
	}
	return text;
}

static void test_changes(void **state)
{
	struct kidos_routes routes = {};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool changed = kidos_routes_take(&routes, message_of(&rows[i]));

		if (changed != rows[i].changes || strcmp(hops_of(&routes), rows[i].after))
			fail_msg("row %zu: %s, %schanged", i, hops_of(&routes),
				 changed ? "" : "not ");
	}
	kidos_routes_clear(&routes);
}

static void test_links(void **state)
{
	struct kidos_routes routes = {};

	(void)state;
	assert_false(kidos_routes_have_objects(&routes));
	kidos_routes_take(&routes, message_of(&rows[3]));
	assert_false(kidos_routes_have_objects(&routes));
	kidos_routes_take(&routes, message_of(&rows[9]));
	assert_true(kidos_routes_have_objects(&routes));
	kidos_routes_drop_link(&routes, 2);
	assert_string_equal(hops_of(&routes), "n21 3");
	kidos_routes_drop_link(&routes, 4); /* where the object leads is not known here */
	assert_string_equal(hops_of(&routes), "n21 3");
	kidos_routes_clear(&routes);
	assert_string_equal(hops_of(&routes), "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "routes: changes of default routes", test_changes, NULL, NULL, NULL },
		{ "routes: links that go, and nexthop objects", test_links, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
