/* SPDX-License-Identifier: MIT */
/*
 * ctl_connect_maps.h: a state directory with maps of the shape that connections have. Nothing is
 * loaded for them: they are filled by hand, with recent events of two CPUs.
 */
#ifndef KIDOS_CTL_CONNECT_MAPS_H
#define KIDOS_CTL_CONNECT_MAPS_H

#include "connects/maps.h"

#include <stdint.h>

#define SECOND 1000000000ull
#define ROOM 64u /* records of one CPU */
#define CGROUP 0x7777777777ull /* of nobody */

struct connect_maps {
	struct kidos_connect_maps maps;
	struct kidos_connect_record *records;
	uint64_t boot_ns; /* CLOCK_BOOTTIME at the start */
};
extern struct connect_maps connect_maps;

/* The directory is ctl_path; maps are made, and neither filled nor pinned. */
int connect_maps_setup(void **state);
int connect_maps_teardown(void **state);
void connect_maps_pin(void);
void connect_maps_fill(void);

/* Event n of a CPU, `age` seconds before the start: curl[4242] was refused. To be changed. */
struct kidos_connect_record *connect_maps_record(unsigned int cpu, unsigned int n,
						 unsigned int age);

/* What <Privacy> says, for whoever reads the directory. */
void connect_maps_privacy(unsigned int hidden_v4, bool hide_commands);

uint64_t clock_ns(int id);

#endif
