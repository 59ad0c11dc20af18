/* SPDX-License-Identifier: MIT */
/* engine_learned.h: ordinary reasons for drops over restarts, and what the log says of their file.
 */
#ifndef KIDOS_ENGINE_LEARNED_H
#define KIDOS_ENGINE_LEARNED_H

#include "core/config.h"
#include "core/drop_learned.h"

/* Reads the file; returns how long there is still to be learned, ns. */
uint64_t kidos_learning_start(const struct kidos_config *config, struct kidos_learned *learned);

/* Writes the file if something has changed. failed: that did not work last time. */
void kidos_learning_save(const struct kidos_config *config, struct kidos_learned *learned,
			 bool *failed);

#endif
