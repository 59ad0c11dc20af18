/* SPDX-License-Identifier: MIT */
/*
 * volumes.h: high_volume_source: who sends more than VolumeShare of what an
 * interface can carry, over a whole window, and VolumeMin at least.
 *
 * Bytes by source are kept in a table of fixed size, a Misra-Gries summary in
 * each of its sets: a source's count is never too high, and too low by at most
 * the bytes of all others in its set over nine.
 */
#ifndef KIDOS_ALERTS_VOLUMES_H
#define KIDOS_ALERTS_VOLUMES_H

#include "alerts/raise.h"

struct kidos_volumes;

uint64_t kidos_volumes_bytes(void);
struct kidos_volumes *kidos_volumes_new(const struct kidos_rules_base *base);
void kidos_volumes_free(struct kidos_volumes *volumes); /* accepts NULL */

/* Under the context's lock. Judges once in a window. */
void kidos_volumes_fetch(const struct kidos_volumes *volumes, uint64_t source); /* into the cache */
void kidos_volumes_see(struct kidos_volumes *volumes, const struct kidos_rule_flow *flow);
void kidos_volumes_judge(struct kidos_volumes *volumes);

#endif
