/* SPDX-License-Identifier: MIT */
/* memory.h: what maps and tables will take, computed before anything is loaded. */
#ifndef KIDOS_ENGINE_MEMORY_H
#define KIDOS_ENGINE_MEMORY_H

#include "collector.h"

/*
 * MemoryLimit, at most half of the `memory` bytes that there are; without it
 * 2 % of them, at most 128 MiB, but the `least` that is needed where that is a
 * quarter of them or less.
 */
uint64_t kidos_memory_limit(const struct kidos_config *config, uint64_t memory, uint64_t least);

/* Bytes that all collectors can do with (selves: their state). */
uint64_t kidos_memory_least(const struct kidos_context *context, void *const *selves);

/*
 * Gives every collector (selves: its state) the least it can do with, then in
 * turn what it wants of the rest. context: memory_limit and meta.slots are
 * read, meta.memory is set. 0, or -1 if the least is more than the limit.
 */
int kidos_memory_plan(struct kidos_context *context, void *const *selves);

#endif
