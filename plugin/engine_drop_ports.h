/* SPDX-License-Identifier: MIT */
/* engine_drop_ports.h: what the drivers of watched interfaces lost. */
#ifndef KIDOS_ENGINE_DROP_PORTS_H
#define KIDOS_ENGINE_DROP_PORTS_H

#include "core/drop_tally.h"
#include "engine_internal.h"

struct kidos_drop_ports;

struct kidos_drop_ports *kidos_drop_ports_new(unsigned int slots);
void kidos_drop_ports_free(struct kidos_drop_ports *ports);

/*
 * What drivers lost before there was a packet to drop, since they were first
 * looked at, goes to the tally as place "driver". Call it once per poll,
 * before the drops of this poll are added.
 */
void kidos_drop_ports_read(struct kidos_drop_ports *ports, const struct kidos_engine *engine,
			   struct kidos_drop_tally *tally);

/* What drivers lose until the next reading is not counted: drops are off. */
void kidos_drop_ports_pause(struct kidos_drop_ports *ports);

#endif
