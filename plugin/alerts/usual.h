/* SPDX-License-Identifier: MIT */
/*
 * usual.h: baseline: an interface's rate far from what it was at this hour of
 * other days. Each hour of the day has a mean and a variance of the rates of
 * its windows, of the last days more than of those before; they are remembered
 * in a file over restarts.
 */
#ifndef KIDOS_ALERTS_USUAL_H
#define KIDOS_ALERTS_USUAL_H

#include "alerts/raise.h"
#include "collector.h"

#define KIDOS_USUAL_FILE "kidos-usual"

struct kidos_usual;

uint64_t kidos_usual_bytes(unsigned int slots);

/* Reads the file. NULL without memory. */
struct kidos_usual *kidos_usual_new(const struct kidos_rules_base *base);
/* Writes the file. Accepts NULL. */
void kidos_usual_free(struct kidos_usual *usual);

/* Judges and learns once in a window. */
void kidos_usual_poll(struct kidos_usual *usual, const struct kidos_poll *poll);

#endif
