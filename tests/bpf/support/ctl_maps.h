/* SPDX-License-Identifier: MIT */
/*
 * ctl_maps.h: a state directory made here, as kidosctl's tests read it: frames of known kinds went
 * through the programs by BPF_PROG_TEST_RUN (loopback's ifindex).
 */
#ifndef KIDOS_CTL_MAPS_H
#define KIDOS_CTL_MAPS_H

#include "links/programs.h"
#include "state/control_maps.h"
#include "state/directory.h"
#include "state/maps.h"

#include <stdint.h>

#define MEMBERS 54320 /* stands for the group kidos */
#define TCP_FLOWS 60 /* flow i is sent 1 + i % 3 times, at XDP */
#define TCP_PACKETS 120
#define UDP_FLOWS 5 /* at tc, away from the host */

extern struct ctl_maps {
	struct kidos_state state;
	struct kidos_maps maps;
	int control[KIDOS_CONTROL_MAPS];
	struct kidos_meta meta;
	struct kidos_traffic *traffic;
} ctl_maps;

/* For cmocka's group; every test binary has a directory of its own. */
int ctl_maps_setup(void **state);
int ctl_maps_teardown(void **state);

/* CLOCK_REALTIME by the table's clock. */
uint64_t ctl_maps_now(void);

void ctl_maps_send(enum kidos_program program, const char *kind, uint32_t flow);

/* The only interface, in this state; the daemon as polled just now. */
void ctl_maps_set_slot(enum kidos_slot_state slot_state);
void ctl_maps_set_meta(void);

#endif
