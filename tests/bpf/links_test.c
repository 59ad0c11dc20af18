/* SPDX-License-Identifier: MIT */
/*
 * Links and default routes of a namespace, as the plugin reads them, against
 * what iproute2 sets up: many routes, next hops of every kind, links that come
 * and go meanwhile.
 *
 * kernels: 5.10
 */
#include "links/mnl_links.h"
#include "netlink/talk.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUTES 120000u
#define ROUTES_SLOW 12000u /* on an emulated CPU */
#define PER_MESSAGE 1000u /* routes, at most; 430 on 5.10, 600 on 6.18 */
#define POLLS 10u
#define PER_POLL 16u /* messages: those of a dump's datagrams, for a handful of links */

static struct kidos_rtnl *rtnl;

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[512] = "set -e; ";
	size_t used = strlen(command);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command + used, sizeof(command) - used, format, arguments);
	va_end(arguments);
	if (system(command))
		fail_msg("%s", command);
}

/* v0 to v3 with a gateway behind each. */
static int set_up(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET))
		return -1;
	run("ip link set lo up");
	for (int i = 0; i < 4; i++) {
		run("ip link add v%d type veth peer name p%d", i, i);
		run("ip link set v%d up; ip link set p%d up", i, i);
		run("ip address add 10.9%d.0.1/24 dev v%d", i, i);
		run("ip address add 2001:db8:%d::1/64 dev v%d nodad", i, i);
	}
	rtnl = kidos_rtnl_open();
	return rtnl ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	kidos_rtnl_close(rtnl);
	rtnl = NULL;
	return 0;
}

/* Is there an event to be taken? */
static bool is_woken(void)
{
	struct pollfd fd = { .fd = kidos_rtnl_event_fd(rtnl), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/* The links that default routes lead to, as "v0 v2". */
static const char *leading_out(void)
{
	static char names[256];
	struct kidos_links links;

	kidos_rtnl_take_events(rtnl);
	assert_int_equal(kidos_rtnl_links(rtnl, &links), 0);
	assert_int_equal(kidos_rtnl_default_routes(rtnl, &links), 0);
	*names = '\0';
	for (int i = 0; i < 4; i++) {
		char name[IF_NAMESIZE];
		const struct kidos_link *link;

		snprintf(name, sizeof(name), "v%d", i);
		link = kidos_links_find(&links, name);
		if (link && link->default_route)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 *names ? " " : "", name);
	}
	kidos_links_free(&links);
	return names;
}

static void add_routes(unsigned int count)
{
	FILE *batch = popen("ip -batch -", "w");

	assert_non_null(batch);
	for (unsigned int i = 0; i < count; i++)
		fprintf(batch, "route add 100.%u.%u.%u/32 dev v0\n", 64 + (i >> 16), i >> 8 & 255,
			i & 255);
	assert_int_equal(pclose(batch), 0);
}

static unsigned long polls_receive(void)
{
	unsigned long before = kn_talk_count.received;
	struct kidos_links links;

	for (unsigned int i = 0; i < POLLS; i++) {
		assert_int_equal(kidos_rtnl_links(rtnl, &links), 0);
		kidos_links_free(&links);
	}
	return kn_talk_count.received - before;
}

static void many_routes(void **state)
{
	unsigned int routes = getenv("KIDOS_SLOW") ? ROUTES_SLOW : ROUTES;
	unsigned long before, dumped;

	(void)state;
	add_routes(routes);
	before = kn_talk_count.received;
	run("ip route add default via 10.91.0.2");
	assert_string_equal(leading_out(), "v1");
	dumped = kn_talk_count.received - before;
	print_message("# %lu messages for %u routes, at first\n", dumped, routes);
	assert_true(dumped > routes / PER_MESSAGE);
	assert_true(polls_receive() <= POLLS * PER_POLL);
	assert_false(is_woken());
	run("ip route add 192.0.2.0/24 dev v2; ip route del 192.0.2.0/24; "
	    "ip -6 route add 2001:db8:99::/64 dev v2; ip route del 100.64.0.7/32");
	assert_false(is_woken());
	before = kn_talk_count.received;
	run("ip route add default via 10.92.0.2 metric 5");
	assert_true(is_woken());
	assert_string_equal(leading_out(), "v1 v2");
	run("ip route del default via 10.91.0.2");
	assert_true(is_woken());
	assert_string_equal(leading_out(), "v2");
	assert_true(kn_talk_count.received - before <= 2 * PER_POLL);
}

/* Each row's commands follow those of the row before. A second reader begins with a dump. */
static void next_hops(void **state)
{
	static const struct {
		const char *commands, *wanted;
	} rows[] = {
		{ "true", "" },
		{ "ip route add default nexthop via 10.91.0.2 nexthop via 10.92.0.2", "v1 v2" },
		{ "ip route replace default via 10.93.0.2", "v3" },
		{ "ip route del default", "" },
		{ "ip -6 route add default nexthop via 2001:db8:0::2 nexthop via 2001:db8:3::2",
		  "v0 v3" },
		{ "ip -6 route append default via 2001:db8:1::2", "v0 v1 v3" },
		{ "ip -6 route del default via 2001:db8:0::2", "v1 v3" },
		{ "ip -6 route flush default", "" },
		{ "ip nexthop add id 7 via 10.91.0.2 dev v1; ip route add default nhid 7", "v1" },
		{ "ip nexthop replace id 7 via 10.92.0.2 dev v2", "v2" },
		{ "sysctl -qw net.ipv4.nexthop_compat_mode=0; "
		  "ip nexthop replace id 7 via 10.93.0.2 dev v3",
		  "v3" },
		{ "ip nexthop add id 8 via 10.90.0.2 dev v0; ip nexthop add id 9 group 7/8; "
		  "ip route replace default nhid 9",
		  "v0 v3" },
		{ "ip nexthop replace id 9 group 8", "v0" },
		{ "ip nexthop del id 9", "" },
		{ "ip -6 nexthop add id 16 via 2001:db8:2::2 dev v2; "
		  "ip -6 route add default nhid 16",
		  "v2" },
		{ "ip -6 route del default nhid 16", "" },
		{ "ip rule add fwmark 3 lookup 1000; ip route add default via 10.92.0.2 table 1000",
		  "v2" },
		{ "ip route flush table 1000", "" },
		{ "ip route add unreachable default metric 9; ip route add 0.0.0.0/1 dev v1; "
		  "ip route add blackhole default metric 10",
		  "" },
		{ "ip route add default dev v1 metric 20; ip route add default dev v2 metric 20 "
		  "tos 4; "
		  "ip route add default dev v3 metric 21",
		  "v1 v2 v3" },
		{ "ip route del default metric 20 dev v1; ip route del default dev v3 metric 21",
		  "v2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kidos_rtnl *follower = rtnl;

		run("%s", rows[i].commands);
		if (strcmp(leading_out(), rows[i].wanted))
			fail_msg("%s: %s, not %s", rows[i].commands, leading_out(), rows[i].wanted);
		rtnl = kidos_rtnl_open();
		assert_non_null(rtnl);
		if (strcmp(leading_out(), rows[i].wanted))
			fail_msg("%s, dumped: %s, not %s", rows[i].commands, leading_out(),
				 rows[i].wanted);
		kidos_rtnl_close(rtnl);
		rtnl = follower;
	}
}

/* A link that takes another's index is not taken for it. */
static void same_index(void **state)
{
	(void)state;
	run("ip link add index 900 v2 type veth peer name p2; ip link set v2 up");
	run("ip route add default dev v2");
	assert_string_equal(leading_out(), "v2");
	run("ip link del v2; ip link add index 900 v2 type veth peer name p2; ip link set v2 up");
	assert_string_equal(leading_out(), "");
}

static int set_up_same(void **state)
{
	return set_up(state) || system("ip link del v2");
}

#define MANY 100
#define MANY_MESSAGES                                                              \
	12u /* datagrams at most for counters of MANY pairs: statistics and qdiscs \
	     */

static bool same_counters(const struct kidos_link *link)
{
	struct kidos_links one;
	bool same;

	assert_int_equal(kidos_rtnl_link(rtnl, link->ifindex, &one), 0);
	same = one.count == 1 &&
	       !memcmp(&one.items[0].counters, &link->counters, sizeof(link->counters)) &&
	       one.items[0].missed == link->missed && one.items[0].overrun == link->overrun;
	kidos_links_free(&one);
	return same;
}

/* A poll asks for them while attaching holds the lock that each datagram waits for. */
static void many_counters(void **state)
{
	struct kidos_links links;
	const struct kidos_link *sender;
	unsigned long before;

	(void)state;
	run("for i in $(seq %d); do echo link add m$i type veth peer name n$i; done | ip -batch -",
	    MANY);
	run("tc qdisc add dev v0 root pfifo limit 7; "
	    "ip neigh replace 10.90.0.9 lladdr 02:00:00:00:00:09 dev v0; "
	    "ping -q -c 3 -i 0.2 -W 1 10.90.0.9 >/dev/null || true; ip link set v0 down");
	before = kn_talk_count.received;
	assert_int_equal(kidos_rtnl_counters(rtnl, &links), 0);
	before = kn_talk_count.received - before;
	print_message("# %lu messages for counters of %zu links\n", before, links.count);
	assert_true(before <= MANY_MESSAGES);
	assert_int_equal(links.count, 1 + 8 + 2 * MANY);
	for (size_t i = 0; i < links.count; i++)
		if (!same_counters(&links.items[i]))
			fail_msg("counters of link %u", links.items[i].ifindex);
	sender = kidos_links_at(&links, kidos_rtnl_index(rtnl, (char[IF_NAMESIZE]){ "v0" }));
	assert_true(sender && sender->counters.packets[1] >= 3 && sender->counters.qdisc);
	kidos_links_free(&links);
}

#define CHURNERS 3
#define CHURN 8 /* pairs of each churner */

static atomic_int churning;

static void *churn(void *data)
{
	char command[512];
	int who = *(int *)data;

	for (int i = 0; i < CHURN; i++) {
		snprintf(command, sizeof(command),
			 "ip link add c%dx%d type veth peer name d%dx%d && ip link del c%dx%d; "
			 "ip link add k%dx%d type veth peer name l%dx%d",
			 who, i, who, i, who, i, who, i, who, i);
		if (system(command))
			break;
	}
	churning--;
	return NULL;
}

static void churned_links(void **state)
{
	unsigned long repeated = kn_talk_count.repeated, dumps = 0;
	int who[CHURNERS];
	pthread_t threads[CHURNERS];
	struct kidos_links links;

	(void)state;
	churning = CHURNERS;
	for (int i = 0; i < CHURNERS; i++) {
		who[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &who[i]), 0);
	}
	while (churning) {
		assert_int_equal(kidos_rtnl_links(rtnl, &links), 0);
		for (int i = 0; i < 4; i++)
			assert_non_null(
				kidos_links_find(&links, (char[]){ 'v', (char)('0' + i), 0 }));
		kidos_links_free(&links);
		dumps++;
	}
	for (int i = 0; i < CHURNERS; i++)
		pthread_join(threads[i], NULL);
	print_message("# %lu lists, %lu tries more\n", dumps, kn_talk_count.repeated - repeated);
	assert_true(dumps > 10);
	assert_int_equal(kidos_rtnl_links(rtnl, &links), 0);
	assert_int_equal(links.count, 1 + 8 + CHURNERS * CHURN * 2);
	kidos_links_free(&links);
	assert_int_equal(kidos_filters(1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "links: polls ask for no route, and other routes wake nobody", many_routes,
		  set_up, tear_down, NULL },
		{ "links: default routes with next hops of every kind", next_hops, set_up,
		  tear_down, NULL },
		{ "links: another link with the same index", same_index, set_up_same, tear_down,
		  NULL },
		{ "links: counters of many in few messages", many_counters, set_up, tear_down,
		  NULL },
		{ "links: dumps while others come and go", churned_links, set_up, tear_down, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
