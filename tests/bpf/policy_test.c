/* SPDX-License-Identifier: MIT */
/*
 * Random packets of every shape through the programs, under random policies,
 * against an oracle that looks at every prefix: each packet's fate, and the sums
 * of what became of them. The table is far too small for the flows, so that
 * verdicts are cached, evicted and looked up where there is no room.
 *
 * kernels: 5.10 7.2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_policy.h"
#include "core/now.h"
#include "parse_build.h"
#include "policy/in_force.h"
#include "policy_oracle.h"
#include "table_run.h"

#define ROUNDS 100 /* policies */
#define PACKETS 5000 /* of each by each hook: a million */
#define ROUNDS_EMULATED 20
#define PACKETS_EMULATED 500
#define IDLE 0x40000000u

/* What can be said of a shape whatever its sources. */
enum shape_kind {
	PLAIN,
	UNSEEN, /* something in it cannot be judged */
	UNREADABLE, /* not even a source */
	ALWAYS_EXEMPT,
	MAY_BE_EXEMPT, /* if it is refused */
};

static const struct shape {
	const char *words;
	unsigned int outer, inner; /* where the source addresses lie; 0: there is none */
	bool outer_v4, inner_v4;
	enum shape_kind kind;
} shapes[] = {
	{ "eth ip4 udp(sp=1000,dp=2000) data(8)", 26, 0, true, false, PLAIN },
	{ "eth ip4 tcp(sp=1000,dp=80)", 26, 0, true, false, PLAIN },
	{ "eth ip4 icmp(type=8) data(8)", 26, 0, true, false, PLAIN },
	{ "eth ip4(ihl=7) udp data(8)", 26, 0, true, false, PLAIN },
	{ "eth vlan(id=5) ip4 udp data(8)", 30, 0, true, false, PLAIN },
	{ "eth svlan(id=7) vlan(id=5) ip4 tcp", 34, 0, true, false, PLAIN },
	{ "eth vlan(id=5) ip6 tcp", 26, 0, false, false, PLAIN },
	{ "eth mpls(label=3) ip4 udp data(8)", 30, 0, true, false, PLAIN },
	{ "eth pppoe ip4 udp data(8)", 34, 0, true, false, PLAIN },
	{ "eth ip4(frag=0x2000) udp data(8)", 26, 0, true, false, PLAIN },
	{ "eth ip4(frag=10,proto=17) data(16)", 26, 0, true, false, PLAIN },
	{ "eth ip6 udp data(8)", 22, 0, false, false, PLAIN },
	{ "eth ip6 tcp", 22, 0, false, false, PLAIN },
	{ "eth ip6 hbh udp data(8)", 22, 0, false, false, PLAIN },
	{ "eth ip6 hbh dst rt dst tcp", 22, 0, false, false, PLAIN },
	{ "eth ip6 fh(off=0,mf=1) udp data(8)", 22, 0, false, false, PLAIN },
	{ "eth ip6 fh(off=80,mf=0,next=17) data(24)", 22, 0, false, false, PLAIN },
	{ "eth ip6 icmp6(type=128) data(8)", 22, 0, false, false, PLAIN },
	{ "eth ip4 gre ip4 udp data(8)", 26, 50, true, true, PLAIN },
	{ "eth ip4 gre(key=7) ip6 udp data(8)", 26, 50, true, false, PLAIN },
	{ "eth ip4 gre eth ip4 tcp", 26, 64, true, true, PLAIN },
	{ "eth ip4 ip4 udp data(8)", 26, 46, true, true, PLAIN },
	{ "eth ip4 ip6 tcp", 26, 42, true, false, PLAIN },
	{ "eth ip6 ip4 udp data(8)", 22, 66, false, true, PLAIN },
	{ "eth ip6 ip6 udp data(8)", 22, 62, false, false, PLAIN },
	{ "eth ip4 udp(dp=4789) vxlan eth ip4 udp data(8)", 26, 76, true, true, PLAIN },
	{ "eth ip4 udp(dp=4789) vxlan eth vlan(id=2) ip6 tcp", 26, 76, true, false, PLAIN },
	{ "eth ip6 udp(dp=6081) geneve eth ip4 tcp", 22, 96, false, true, PLAIN },
	{ "eth ip4 udp(dp=4789) vxlan eth arp", 26, 0, true, false, PLAIN },
	{ "eth ip4 gre ip4 gre ip4 udp data(8)", 26, 50, true, true, UNSEEN },
	{ "eth ip4 gre ip4 ip6 udp data(8)", 26, 50, true, true, UNSEEN },
	{ "eth ip4 gre(type=0x88be) data(40)", 26, 0, true, false, UNSEEN },
	{ "eth ip4 gre(ver=1) data(40)", 26, 0, true, false, UNSEEN },
	{ "eth ip4(frag=0x2000) gre ip4 udp data(8)", 26, 0, true, false, UNSEEN },
	{ "eth ip4(frag=10,proto=47) data(40)", 26, 0, true, false, UNSEEN },
	{ "eth ip4 udp data(40) cut(60)", 26, 0, true, false, UNSEEN },
	{ "eth ip4(len=24) tcp", 26, 0, true, false, UNSEEN },
	{ "eth ip4(ihl=3) udp data(8)", 26, 0, true, false, UNSEEN },
	{ "eth ip6 udp data(40) cut(60)", 22, 0, false, false, UNSEEN },
	{ "eth ip6 dst dst dst dst dst dst dst dst dst udp", 22, 0, false, false, UNSEEN },
	{ "eth ip4(ver=5) udp data(20)", 0, 0, false, false, UNREADABLE },
	{ "eth(type=0x88cc) data(46)", 0, 0, false, false, UNREADABLE },
	{ "eth vlan vlan vlan vlan ip4 udp data(8)", 0, 0, false, false, UNREADABLE },
	{ "eth arp", 0, 0, false, false, ALWAYS_EXEMPT },
	{ "eth vlan(id=3) arp", 0, 0, false, false, ALWAYS_EXEMPT },
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static struct {
	struct table_run run;
	struct kidos_in_force force;
	struct parse_frame frames[SHAPES];
	struct kidos_slot slots[4];
	uint64_t expected[KIDOS_OUTCOMES];
} test;

static void place_address(__u8 *bytes, unsigned int at, bool ipv4,
			  const union kidos_address *address)
{
	if (at && ipv4)
		memcpy(bytes + at, &address->words[3], 4);
	else if (at)
		memcpy(bytes + at, address->bytes, 16);
}

/* What is in an IPv4 header's source field has no other form than the oracle's. */
static enum kidos_outcome expect(const struct shape *shape, const union kidos_address *outer,
				 const union kidos_address *inner)
{
	const struct kidos_policy *policy = &test.force.file.policies[0];
	const struct kidos_policy_control *control = test.force.control;
	bool refused = false;

	if (shape->kind == ALWAYS_EXEMPT)
		return KIDOS_OUTCOME_EXEMPT;
	if (shape->outer)
		refused = oracle_judge(policy, outer, shape->outer_v4) == KIDOS_VERDICT_REFUSE;
	if (shape->inner && !refused)
		refused = oracle_judge(policy, inner, shape->inner_v4) == KIDOS_VERDICT_REFUSE;
	if (refused)
		return control->drop ? KIDOS_OUTCOME_DROPPED : KIDOS_OUTCOME_LOGGED;
	if (shape->kind != UNSEEN && shape->kind != UNREADABLE)
		return KIDOS_OUTCOME_PERMITTED;
	return control->fail_open || !control->drop ? KIDOS_OUTCOME_FAILED_OPEN
						    : KIDOS_OUTCOME_FAILED_CLOSED;
}

static bool is_dropped(enum kidos_program program, unsigned int verdict)
{
	if (program == KIDOS_PROGRAM_XDP)
		assert_true(verdict == XDP_DROP || verdict == XDP_PASS);
	else
		assert_true(verdict == TC_ACT_SHOT || verdict == (unsigned int)TC_ACT_UNSPEC);
	return verdict == (program == KIDOS_PROGRAM_XDP ? XDP_DROP : TC_ACT_SHOT);
}

static void send_one(enum kidos_program program)
{
	const struct kidos_policy *policy = &test.force.file.policies[0];
	size_t which = oracle_random() % SHAPES;
	const struct shape *shape = &shapes[which];
	struct parse_frame *frame = &test.frames[which];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->size);
	union kidos_address outer, inner;
	enum kidos_outcome outcome;

	oracle_address(policy, shape->outer_v4, &outer);
	oracle_address(policy, shape->inner_v4, &inner);
	place_address(frame->bytes, shape->outer, shape->outer_v4, &outer);
	place_address(frame->bytes, shape->inner, shape->inner_v4, &inner);
	outcome = expect(shape, &outer, &inner);
	assert_int_equal(
		bpf_prog_test_run_opts(kidos_traffic_fd(test.run.traffic, program), &options), 0);
	test.expected[outcome]++;
	if (is_dropped(program, options.retval) !=
	    (outcome == KIDOS_OUTCOME_DROPPED || outcome == KIDOS_OUTCOME_FAILED_CLOSED))
		fail_msg("%s: %s instead of outcome %d", shape->words,
			 is_dropped(program, options.retval) ? "dropped" : "passed", outcome);
}

static void compare_sums(void)
{
	struct kidos_totals totals;

	assert_int_equal(kidos_maps_totals(&test.run.maps, TABLE_SLOT, KIDOS_RX, &totals), 0);
	for (unsigned int o = 0; o < KIDOS_OUTCOMES; o++)
		assert_int_equal(totals.outcomes[o], test.expected[o]);
}

static void one_policy(enum kidos_program program, unsigned int packets)
{
	struct kidos_policy_control *control = test.force.control;
	struct kidos_policy_file file;

	oracle_file(&file, oracle_random() % 8 ? 40 : 0, oracle_random() % 8 ? 40 : 0);
	assert_int_equal(kidos_in_force_put(&test.force, &file, test.slots), 0);
	control->drop = oracle_random() % 4 > 0;
	control->fail_open = oracle_random() % 2;
	for (unsigned int i = 0; i < packets; i++)
		send_one(program);
	compare_sums();
}

static void open_test(bool hash)
{
	memset(&test.expected, 0, sizeof(test.expected));
	assert_int_equal(table_run_open_policed(&test.run, IDLE, hash), 0);
	assert_int_equal(kidos_in_force_open(&test.force, &test.run.maps, &test.run.meta), 0);
	for (size_t i = 0; i < SHAPES; i++) {
		assert_int_equal(parse_build(shapes[i].words, &test.frames[i]), 0);
		assert_true(test.frames[i].size >= 34);
	}
}

static void close_test(void)
{
	kidos_in_force_close(&test.force);
	table_run_close(&test.run);
}

static void run_rounds(bool hash, unsigned int part)
{
	bool slow = getenv("KIDOS_SLOW");
	unsigned int rounds = (slow ? ROUNDS_EMULATED : ROUNDS) / part;
	struct kidos_policy_file file;

	open_test(hash);
	oracle_file(&file, 10, 10);
	assert_int_equal(kidos_in_force_put(&test.force, &file, test.slots), 0);
	kidos_in_force_switch(&test.force, true);
	for (unsigned int i = 0; i < rounds; i++) {
		one_policy(KIDOS_PROGRAM_XDP, slow ? PACKETS_EMULATED : PACKETS);
		one_policy(KIDOS_PROGRAM_TC_INGRESS, slow ? PACKETS_EMULATED : PACKETS);
	}
	close_test();
}

static void test_best_rung(void **state)
{
	(void)state;
	run_rounds(false, 1);
}

static void test_hash_map(void **state)
{
	(void)state;
	run_rounds(true, 10);
}

static void set_source(struct parse_frame *frame, const struct shape *shape, const char *source)
{
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(source, &prefix));
	place_address(frame->bytes, shape->outer, prefix.ipv4, &prefix.address);
}

static unsigned int send_frame(struct parse_frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->size);

	assert_int_equal(
		bpf_prog_test_run_opts(kidos_traffic_fd(test.run.traffic, KIDOS_PROGRAM_TC_INGRESS),
				       &options),
		0);
	return options.retval;
}

static unsigned int send_shape(size_t which, const char *source)
{
	set_source(&test.frames[which], &shapes[which], source);
	return send_frame(&test.frames[which]);
}

static void put_text(const char *text)
{
	struct kidos_policy_file file;
	char reason[KIDOS_REASON];

	assert_int_equal(kidos_policy_parse(&file, "f", text, strlen(text), reason), 0);
	assert_int_equal(kidos_in_force_put(&test.force, &file, test.slots), 0);
	kidos_in_force_switch(&test.force, true);
}

static __u32 units_now(void)
{
	const struct kidos_meta *meta = &test.run.meta;
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC) - (uint64_t)meta->time_origin_ns;

	return (__u32)(now / meta->unit_ns);
}

/* Past the deadline, without a heartbeat, switched off: each lets through what was dropped before.
 */
static void test_ways_out(void **state)
{
	struct kidos_policy_control *control;

	(void)state;
	open_test(false);
	put_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"]}");
	control = test.force.control;
	control->drop = 1;
	assert_int_equal(send_shape(0, "192.0.2.1"), TC_ACT_SHOT);
	assert_int_equal(send_shape(0, "10.0.0.1"), (unsigned int)TC_ACT_UNSPEC);
	control->deadline_ns = kidos_now_ns(CLOCK_BOOTTIME) + 3600000000000ull;
	assert_int_equal(send_shape(0, "192.0.2.1"), TC_ACT_SHOT);
	control->deadline_ns = 1;
	assert_int_equal(send_shape(0, "192.0.2.1"), (unsigned int)TC_ACT_UNSPEC);
	control->deadline_ns = 0;
	control->open_on_crash = 1;
	control->patience = 100;
	control->heartbeat = units_now() - 1000;
	assert_int_equal(send_shape(0, "192.0.2.1"), (unsigned int)TC_ACT_UNSPEC);
	control->open_on_crash = 0;
	assert_int_equal(send_shape(0, "192.0.2.1"), TC_ACT_SHOT);
	kidos_in_force_switch(&test.force, false);
	assert_int_equal(send_shape(0, "192.0.2.1"), (unsigned int)TC_ACT_UNSPEC);
	kidos_in_force_switch(&test.force, true);
	assert_int_equal(send_shape(0, "192.0.2.1"), TC_ACT_SHOT);
	close_test();
}

/* What was cached by one list is of no account once the slot has another. */
static void test_lists(void **state)
{
	struct kidos_slot slot = { .name = "eth7" };

	(void)state;
	open_test(false);
	put_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"],"
		 " \"interfaces\": {\"eth7\": {\"permitted_cidrs\": [\"192.0.2.0/24\"]}}}");
	test.force.control->drop = 1;
	assert_int_equal(send_shape(0, "10.0.0.1"), (unsigned int)TC_ACT_UNSPEC);
	assert_int_equal(send_shape(0, "192.0.2.1"), TC_ACT_SHOT);
	kidos_in_force_slot(&test.force, TABLE_SLOT, &slot);
	assert_int_equal(send_shape(0, "10.0.0.1"), TC_ACT_SHOT);
	assert_int_equal(send_shape(0, "192.0.2.1"), (unsigned int)TC_ACT_UNSPEC);
	close_test();
}

#define RELOADS 1000
#define RELOADS_EMULATED 50

struct sender {
	pthread_t thread;
	atomic_bool stop;
	unsigned long sent, wrong;
	double seconds;
};

/* What both files permit, and what neither does, whichever is in force. */
static void *send_all_the_time(void *context)
{
	static const struct {
		const char *source;
		unsigned int verdict;
	} rows[] = { { "10.0.0.1", (unsigned int)TC_ACT_UNSPEC },
		     { "192.0.2.1", TC_ACT_SHOT },
		     { "10.9.0.1", (unsigned int)TC_ACT_UNSPEC },
		     { "198.51.100.7", TC_ACT_SHOT } };
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct sender *sender = context;
	uint64_t begin = kidos_now_ns(CLOCK_MONOTONIC);
	struct parse_frame frames[sizeof(rows) / sizeof(rows[0])];

	for (size_t i = 0; i < count; i++) {
		frames[i] = test.frames[0];
		set_source(&frames[i], &shapes[0], rows[i].source);
	}
	while (!atomic_load(&sender->stop)) {
		const size_t which = sender->sent++ % count;

		sender->wrong += send_frame(&frames[which]) != rows[which].verdict;
	}
	sender->seconds = (double)(kidos_now_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	return NULL;
}

/* From the moment that a file is in force, it decides: 172.16.0.1 is permitted by the odd ones. */
static unsigned long reload_all_the_time(unsigned int reloads)
{
	unsigned long wrong = 0;

	for (unsigned int i = 0; i < reloads; i++) {
		put_text(i % 2 ? "{\"permitted_cidrs\": [\"10.0.0.0/8\", \"172.16.0.0/12\"]}"
			       : "{\"permitted_cidrs\": [\"10.0.0.0/16\", \"10.9.0.0/16\"]}");
		wrong += send_shape(1, "172.16.0.1") !=
			 (i % 2 ? (unsigned int)TC_ACT_UNSPEC : TC_ACT_SHOT);
	}
	return wrong;
}

static void test_reload(void **state)
{
	unsigned int reloads = getenv("KIDOS_SLOW") ? RELOADS_EMULATED : RELOADS;
	struct sender sender = {};
	unsigned long wrong;

	(void)state;
	open_test(false);
	put_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"]}");
	test.force.control->drop = 1;
	assert_int_equal(pthread_create(&sender.thread, NULL, send_all_the_time, &sender), 0);
	wrong = reload_all_the_time(reloads);
	atomic_store(&sender.stop, true);
	pthread_join(sender.thread, NULL);
	printf("# %u reloads, %.0f packets a second meanwhile\n", reloads,
	       (double)sender.sent / sender.seconds);
	assert_int_equal(sender.wrong, 0);
	assert_int_equal(wrong, 0);
	close_test();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy: random packets against the oracle", test_best_rung, NULL, NULL, NULL },
		{ "policy: the same, flows in a kernel hash map", test_hash_map, NULL, NULL, NULL },
		{ "policy: deadline, heartbeat and switch", test_ways_out, NULL, NULL, NULL },
		{ "policy: lists of interfaces", test_lists, NULL, NULL, NULL },
		{ "policy: no wrong verdict while it is reloaded", test_reload, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
