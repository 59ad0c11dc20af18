/* SPDX-License-Identifier: MIT */
/* memory.h: what maps and tables will take, computed before anything is loaded. */
#ifndef KIDOS_ENGINE_MEMORY_H
#define KIDOS_ENGINE_MEMORY_H

#include "collector.h"

/* MemoryLimit, or 2 % of `memory` bytes of RAM, at most 128 MiB. */
uint64_t kidos_memory_limit(const struct kidos_config *config, uint64_t memory);

/*
 * Gives every collector (selves: its state) the least it can do with, then in
 * turn what it wants of the rest. context: memory_limit and meta.slots are
 * read, meta.memory is set. 0, or -1 if the least is more than the limit.
 */
int kidos_memory_plan(struct kidos_context *context, void *const *selves);

#endif
