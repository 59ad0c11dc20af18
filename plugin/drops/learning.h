/* SPDX-License-Identifier: MIT */
/* learning.h: ordinary reasons for drops over restarts, and what the log says of their file.
 */
#ifndef KIDOS_DROPS_LEARNING_H
#define KIDOS_DROPS_LEARNING_H

#include "core/config.h"
#include "drops/learned.h"

/* Reads the file; returns how long there is still to be learned, ns. */
uint64_t kidos_learning_start(const char *folder, uint64_t learn_time,
			      struct kidos_learned *learned);

/* Writes the file if something has changed. failed: that did not work last time. */
void kidos_learning_save(const char *folder, uint64_t learn_time, struct kidos_learned *learned,
			 bool *failed);

#endif
