/* SPDX-License-Identifier: MIT */
/*
 * ctl_drop_maps.h: a state directory with maps of the drops' shape. Nothing is loaded for them:
 * they are filled by hand, with recent drops of two CPUs.
 */
#ifndef KIDOS_CTL_DROP_MAPS_H
#define KIDOS_CTL_DROP_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND 1000000000ull
#define REASON_A 900001 /* no kernel has names for them */
#define REASON_B 900002
#define PLACE_A 0x1000
#define PLACE_B 0x2000
#define MEMBERS 54320 /* stands for the group kidos */

enum drop_pin { COUNTS, OTHER, RECORDS, STATE, PINS };

struct drop_maps {
	int fd[PINS];
	struct kidos_drop_record *records;
	uint64_t boot_ns; /* CLOCK_BOOTTIME at the start */
	uint32_t netns, ifindex; /* of loopback */
};
extern struct drop_maps drop_maps;

/* The directory is ctl_path; the maps of drops are made, and neither filled nor pinned. */
int drop_maps_setup(void **state);
int drop_maps_teardown(void **state);

void drop_maps_pin(enum drop_pin which);
void drop_maps_fill(void);
void drop_maps_count(uint32_t reason, uint64_t place, int class, uint32_t ifindex, bool policy,
		     uint64_t count);
uint64_t clock_ns(int id);

#endif
