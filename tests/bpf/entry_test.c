/* SPDX-License-Identifier: MIT */
/*
 * Two namespaces over the same maps, and packets that take turns between them
 * and the programs: each is counted for its own and in its own direction. And
 * what comes of a packet where the program that counts is gone.
 *
 * kernels: 5.10 7.2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
#include "links/programs.h"
#include "packet.h"
#include "state/clock.h"

#define LOOPBACK 1 /* ifindex of test runs */
#define NAMESPACES 2 /* their slots are 1 and 2 */
#define TURNS 50
#define PASS_XDP 2
#define PASS_TC ((__u32)-1)

struct fixture {
	struct kidos_maps maps;
	struct kidos_meta meta;
	struct kidos_traffic *traffic[NAMESPACES];
};

static void open_namespaces(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.maps = KIDOS_MAPS_NONE,
		.meta = { .set_mask = 31,
			  .idle = 1 << 20,
			  .slots = NAMESPACES + 1,
			  .ports_mask = 63,
			  .max_flows = 256 },
	};
	fixture->maps.cpus = kidos_possible_cpus();
	assert_int_equal(kidos_clock_measure(&fixture->meta), 0);
	for (unsigned int ns = 0; ns < NAMESPACES; ns++) {
		fixture->traffic[ns] = kidos_traffic_load(&fixture->maps, &fixture->meta, ns);
		assert_non_null(fixture->traffic[ns]);
		fixture->maps.meta = fixture->meta;
		assert_int_equal(kidos_maps_set_port(&fixture->maps, ns, LOOPBACK, ns + 1,
						     KIDOS_PORT_ETHERNET),
				 0);
	}
}

static void close_namespaces(struct fixture *fixture)
{
	for (unsigned int ns = 0; ns < NAMESPACES; ns++)
		kidos_traffic_free(fixture->traffic[ns]);
	kidos_maps_close(&fixture->maps);
}

static void send_frames(int fd, unsigned int times, __u32 verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = (int)times);
	struct packet packet;

	assert_true(fd >= 0);
	packet_build(packet_kind_find("udp"), &packet_defaults, 0, &packet);
	run.data_in = packet.bytes;
	run.data_size_in = (__u32)packet.length;
	assert_int_equal(bpf_prog_test_run_opts(fd, &run), 0);
	assert_int_equal(run.retval, verdict);
}

/* Received at XDP 1 and at tc 2, sent 4 of the first namespace; ten times that of the second. */
static void take_turns(struct fixture *fixture)
{
	for (unsigned int turn = 0; turn < TURNS; turn++)
		for (unsigned int program = 0; program < KIDOS_PROGRAMS; program++)
			for (unsigned int ns = 0; ns < NAMESPACES; ns++)
				send_frames(kidos_traffic_fd(fixture->traffic[ns], program),
					    (1u << program) * (ns ? 10 : 1),
					    program == KIDOS_PROGRAM_XDP ? PASS_XDP : PASS_TC);
}

static uint64_t packets_of(const struct fixture *fixture, unsigned int slot,
			   enum kidos_direction direction)
{
	struct kidos_totals totals;

	assert_int_equal(kidos_maps_totals(&fixture->maps, slot, direction, &totals), 0);
	return totals.hook[KIDOS_CLASS_UDP].packets;
}

static void assert_apart(const struct fixture *fixture, uint64_t turns)
{
	assert_int_equal(packets_of(fixture, 1, KIDOS_RX), 3 * turns);
	assert_int_equal(packets_of(fixture, 1, KIDOS_TX), 4 * turns);
	assert_int_equal(packets_of(fixture, 2, KIDOS_RX), 30 * turns);
	assert_int_equal(packets_of(fixture, 2, KIDOS_TX), 40 * turns);
	assert_int_equal(packets_of(fixture, KIDOS_SLOT_OTHER, KIDOS_RX), 0);
	assert_int_equal(packets_of(fixture, KIDOS_SLOT_OTHER, KIDOS_TX), 0);
}

static uint64_t uncounted(const struct fixture *fixture)
{
	uint64_t events[KIDOS_EVENTS];

	assert_int_equal(kidos_maps_events(&fixture->maps, events), 0);
	return events[KIDOS_EVENT_UNCOUNTED];
}

static void test_apart(void **state)
{
	struct fixture fixture;

	(void)state;
	open_namespaces(&fixture);
	take_turns(&fixture);
	assert_apart(&fixture, TURNS);
	assert_int_equal(uncounted(&fixture), 0);
	close_namespaces(&fixture);
}

static uint32_t target_of(const struct fixture *fixture, enum kidos_map array)
{
	const uint32_t zero = 0;
	uint32_t id = 0;

	bpf_map_lookup_elem(fixture->maps.fd[array], &zero, &id);
	return id;
}

/* What the verifier takes its time for is there once, whoever is loaded later. */
static void test_once(void **state)
{
	struct fixture fixture;
	struct kidos_traffic *third;
	uint32_t xdp, tc;

	(void)state;
	open_namespaces(&fixture);
	take_turns(&fixture);
	xdp = target_of(&fixture, KIDOS_MAP_XDP_PROGRAM);
	tc = target_of(&fixture, KIDOS_MAP_TC_PROGRAM);
	assert_true(xdp && tc && xdp != tc);
	third = kidos_traffic_load(&fixture.maps, &fixture.meta, NAMESPACES);
	assert_non_null(third);
	for (unsigned int program = 0; program < KIDOS_PROGRAMS; program++)
		assert_true(kidos_traffic_fd(third, program) >= 0);
	assert_int_equal(target_of(&fixture, KIDOS_MAP_XDP_PROGRAM), xdp);
	assert_int_equal(target_of(&fixture, KIDOS_MAP_TC_PROGRAM), tc);
	kidos_traffic_free(third);
	close_namespaces(&fixture);
}

static void test_gone(void **state)
{
	const uint32_t zero = 0;
	struct fixture fixture;
	int array, target, received, sent;

	(void)state;
	open_namespaces(&fixture);
	take_turns(&fixture);
	array = fixture.maps.fd[KIDOS_MAP_TC_PROGRAM];
	target = bpf_prog_get_fd_by_id(target_of(&fixture, KIDOS_MAP_TC_PROGRAM));
	assert_true(target >= 0);
	/* Before it goes: else they would load it again. */
	received = kidos_traffic_fd(fixture.traffic[0], KIDOS_PROGRAM_TC_INGRESS);
	sent = kidos_traffic_fd(fixture.traffic[1], KIDOS_PROGRAM_TC_EGRESS);
	assert_int_equal(bpf_map_delete_elem(array, &zero), 0);
	send_frames(received, 7, PASS_TC);
	send_frames(sent, 6, PASS_TC);
	assert_int_equal(uncounted(&fixture), 13);
	assert_apart(&fixture, TURNS);
	assert_int_equal(bpf_map_update_elem(array, &zero, &target, BPF_ANY), 0);
	close(target);
	take_turns(&fixture);
	assert_apart(&fixture, 2 * TURNS);
	assert_int_equal(uncounted(&fixture), 13);
	close_namespaces(&fixture);
}

/* Says that the kernel is PREEMPT_RT, to this process alone. */
static void pretend_realtime(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/sys/kernel", "tmpfs", 0, NULL), 0);
	fd = open("/sys/kernel/realtime", O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
	assert_true(fd >= 0);
	close(fd);
}

/* The last: the process stays so. */
static void test_realtime(void **state)
{
	struct fixture fixture;

	(void)state;
	pretend_realtime();
	open_namespaces(&fixture);
	take_turns(&fixture);
	assert_apart(&fixture, TURNS);
	assert_int_equal(target_of(&fixture, KIDOS_MAP_XDP_PROGRAM), 0);
	assert_int_equal(target_of(&fixture, KIDOS_MAP_TC_PROGRAM), 0);
	close_namespaces(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "entry: two namespaces by turns, each way", test_apart, NULL, NULL, NULL },
		{ "entry: what counts is loaded once", test_once, NULL, NULL, NULL },
		{ "entry: a packet that finds nothing to jump to", test_gone, NULL, NULL, NULL },
		{ "entry: PREEMPT_RT: a namespace has its own", test_realtime, NULL, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	kidos_libbpf_quiet();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("entry", tests, NULL, NULL) != 0;
}
