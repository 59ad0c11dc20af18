/* SPDX-License-Identifier: MIT */
/* speed.h: what an interface can carry. */
#ifndef KIDOS_LINKS_SPEED_H
#define KIDOS_LINKS_SPEED_H

#include "context.h"

/* Bits a second, as the driver has it now; 0: it names none, or there is no interface. Under the
 * lock. */
uint64_t kidos_slot_speed(const struct kidos_context *context, unsigned int slot);

#endif
