/* SPDX-License-Identifier: MIT */
/* running.h: the collectors of the table, made, planned, started and ended. */
#ifndef KIDOS_ENGINE_RUNNING_H
#define KIDOS_ENGINE_RUNNING_H

#include "engine/engine_internal.h"

/* Makes and checks all of them; 0 or -errno. Close them either way. */
int kidos_running_create(struct kidos_engine *engine);
void kidos_running_close(struct kidos_engine *engine);

/* 0, or -1 if MemoryLimit is less than the least. */
int kidos_running_plan(struct kidos_engine *engine);
/* ... half of what was planned, as the kernel has no memory for that. */
int kidos_running_plan_less(struct kidos_engine *engine);

/* Does any that is enabled need packets to be counted? */
bool kidos_running_counts(const struct kidos_engine *engine);

/* Those that the configuration enables. One that fails has its line in the log; the others go on.
 */
void kidos_running_start(struct kidos_engine *engine);

#endif
