/* SPDX-License-Identifier: MIT */
/* ports.h: what the drivers of watched interfaces lost. */
#ifndef KIDOS_DROPS_PORTS_H
#define KIDOS_DROPS_PORTS_H

#include "drops/maps.h"
#include "drops/symbols.h"
#include "context.h"

struct kidos_drop_ports;

struct kidos_drop_ports *kidos_drop_ports_new(unsigned int slots);
void kidos_drop_ports_free(struct kidos_drop_ports *ports);

/*
 * What drivers lost before there was a packet to drop, and frames that native
 * XDP dropped, both since they were first looked at, goes to drop_counts as
 * place "driver". Call it once per poll, before the counts are read. What
 * kidos's own policy dropped at native XDP is among these losses, and told
 * apart here. symbols: NULL where the kernel hides them.
 */
void kidos_drop_ports_read(struct kidos_drop_ports *ports, const struct kidos_context *context,
			   const struct kidos_drop_maps *maps, const struct kidos_symbols *symbols);

/* What drivers lose until the next reading is not counted: drops are off. */
void kidos_drop_ports_pause(struct kidos_drop_ports *ports);

#endif
