/* SPDX-License-Identifier: MIT */
#include "ctl_maps.h"
#include "ctl_run.h"
#include "state/entry.h"
#include "packet.h"
#include "state/clock.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOPBACK 1 /* ifindex of test runs */
#define SLOT 1

struct ctl_maps ctl_maps = { .state = KIDOS_STATE_NONE, .maps = KIDOS_MAPS_NONE };

uint64_t ctl_maps_now(void)
{
	struct kidos_clock clock;

	kidos_clock_now(&clock, &ctl_maps.meta);
	return clock.realtime_ns;
}

void ctl_maps_send(enum kidos_program program, const char *kind, uint32_t flow)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	struct packet packet;

	packet_build(packet_kind_find(kind), &packet_defaults, flow, &packet);
	run.data_in = packet.bytes;
	run.data_size_in = (__u32)packet.length;
	run.repeat = 1;
	assert_int_equal(bpf_prog_test_run_opts(kidos_traffic_fd(ctl_maps.traffic, program), &run),
			 0);
}

void ctl_maps_set_slot(enum kidos_slot_state slot_state)
{
	struct kidos_slot slot = {
		.netns = "kt",
		.name = "lo\033[2J",
		.reason = "a test's",
		.ifindex = LOOPBACK,
		.state = slot_state,
		.rung = { KIDOS_RUNG_XDP_NATIVE, KIDOS_RUNG_TCX },
		.exact = 1,
		.has_device = 1,
		.measured = { 0, 1 },
		.unaccounted = { 7, 3 },
	};

	assert_int_equal(kidos_maps_set_slot(&ctl_maps.maps, SLOT, &slot), 0);
	assert_int_equal(
		kidos_maps_set_port(&ctl_maps.maps, 0, LOOPBACK, SLOT, KIDOS_PORT_ETHERNET), 0);
}

void ctl_maps_set_meta(void)
{
	ctl_maps.meta.last_poll_ns = ctl_maps_now();
	assert_int_equal(kidos_maps_set_meta(&ctl_maps.maps, &ctl_maps.meta), 0);
}

int ctl_maps_setup(void **state)
{
	char reason[KIDOS_REASON];

	(void)state;
	snprintf(ctl_path, sizeof(ctl_path), "/sys/fs/bpf/kt-ctl-%d", getpid());
	if (kidos_state_acquire(&ctl_maps.state, ctl_path, reason)) {
		print_message("# %s\n", reason);
		return -1;
	}
	ctl_maps.meta = (struct kidos_meta){
		.abi = KIDOS_ABI_VERSION,
		.pid = (__u32)getpid(),
		.set_mask = (1 << 18) - 1,
		.slots = 4,
		.max_flows = 1 << 20,
		.memory = 200 << 20,
		.interval_ns = 600000000000u,
		.flows_active = 65,
		.version = "test",
	};
	if (kidos_clock_measure(&ctl_maps.meta))
		return -1;
	/* Longer than a slow machine takes to fill the table: what is idle gives way unnoticed. */
	ctl_maps.meta.idle = (__u32)(600000000000u / ctl_maps.meta.unit_ns);
	ctl_maps.meta.started_ns = ctl_maps_now();
	ctl_maps.maps.cpus = kidos_possible_cpus();
	ctl_maps.traffic = kidos_traffic_load(&ctl_maps.maps, &ctl_maps.meta, 0);
	if (!ctl_maps.traffic ||
	    kidos_map_set_create(&kidos_map_set, ctl_maps.maps.fd, ctl_maps.meta.slots))
		return -1;
	ctl_maps_set_slot(KIDOS_SLOT_ATTACHED);
	ctl_maps_set_meta();
	for (uint32_t i = 0; i < TCP_FLOWS; i++)
		for (uint32_t n = 0; n <= i % 3; n++)
			ctl_maps_send(KIDOS_PROGRAM_XDP, "tcp", i);
	for (uint32_t i = 0; i < UDP_FLOWS; i++)
		ctl_maps_send(KIDOS_PROGRAM_TC_EGRESS, "udp6", i);
	if (ctl_make_control(&ctl_maps.state, ctl_maps.control))
		return -1;
	return kidos_state_pin_set(&ctl_maps.state, &kidos_map_set, ctl_maps.maps.fd);
}

int ctl_maps_teardown(void **state)
{
	(void)state;
	kidos_state_release(&ctl_maps.state);
	kidos_traffic_free(ctl_maps.traffic);
	kidos_maps_close(&ctl_maps.maps);
	kidos_map_set_close(&kidos_control_map_set, ctl_maps.control);
	return 0;
}
