/* SPDX-License-Identifier: MIT */
/* learning.h: what is ordinary over restarts, and what the log says of its file. */
#ifndef KIDOS_STATE_LEARNING_H
#define KIDOS_STATE_LEARNING_H

#include "state/learned.h"

/* Reads the kind's file; returns how long there is still to be learned, ns. */
uint64_t kidos_learning_start(const struct kidos_learned_kind *kind, const char *folder,
			      uint64_t learn_time, struct kidos_learned *learned);

/* Writes the file if something has changed. failed: that did not work last time. */
void kidos_learning_save(const char *folder, uint64_t learn_time, struct kidos_learned *learned,
			 bool *failed);

#endif
