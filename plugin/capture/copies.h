/* SPDX-License-Identifier: MIT */
/*
 * copies.h: copies of packets of live interfaces, by programs that the entry programs jump to while
 * there is a filter. Nothing is attached or taken away at an interface.
 */
#ifndef KIDOS_CAPTURE_COPIES_H
#define KIDOS_CAPTURE_COPIES_H

#include "abi_capture.h"
#include "state/maps.h"

struct kidos_copies;

struct kidos_copies_plan {
	const struct kidos_maps *maps; /* of the traffic programs; they outlive the copies */
	uint32_t head, whole; /* bytes of a copy */
	uint32_t ring; /* bytes, a power of two */
};

/* NULL with errno and a reason. */
struct kidos_copies *kidos_copies_open(const struct kidos_copies_plan *plan,
				       char reason[KIDOS_REASON]);
/* Packets go straight to what counts. Accepts NULL. */
void kidos_copies_close(struct kidos_copies *copies);

/* Are frames at XDP copied? Kernels before 5.18 cannot. */
bool kidos_copies_at_xdp(const struct kidos_copies *copies);

/* A filter at work, and no longer: by number. 0 or -errno. */
int kidos_copies_arm(struct kidos_copies *copies, unsigned int number,
		     const struct kidos_copy_filter *filter);
int kidos_copies_disarm(struct kidos_copies *copies, unsigned int number);
bool kidos_copies_armed(const struct kidos_copies *copies);

/* What a filter took and lost since the programs were loaded. 0 or -errno. */
int kidos_copies_count(const struct kidos_copies *copies, unsigned int number,
		       struct kidos_copied *count);

/* Every record that is there. Returns how many. */
unsigned int kidos_copies_read(struct kidos_copies *copies,
			       void (*take)(void *context, const struct kidos_copy *copy),
			       void *context);

#endif
