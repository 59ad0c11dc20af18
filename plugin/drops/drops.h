/* SPDX-License-Identifier: MIT */
/* drops.h: the state of the collector of drops, which its files share. */
#ifndef KIDOS_DROPS_DROPS_H
#define KIDOS_DROPS_DROPS_H

#include "collector.h"
#include "state/learned.h"
#include "drops/maps.h"
#include "drops/ports.h"
#include "drops/programs.h"
#include "drops/reasons.h"
#include "drops/settings.h"
#include "drops/share.h"
#include "drops/symbols.h"
#include "drops/tally.h"

struct drops {
	struct kidos_context *context;
	const struct kidos_drop_settings *settings;
	bool enabled;
	struct kidos_drop_maps maps;
	struct kidos_drop_state state;
	struct kidos_drops *programs; /* NULL while stopped */
	struct kidos_drop_tally tally;
	struct kidos_drop_ports *ports; /* these two: NULL before the first start */
	struct kidos_drop_shares *shares;
	struct kidos_reasons *_Atomic reasons; /* names come with the first poll */
	struct kidos_symbols *_Atomic symbols;
	bool named;
	char refused[KIDOS_REASON]; /* why no rung would do */
	struct kidos_learned learned;
	bool learned_failed; /* to be saved */
	struct kidos_alert_source source;
	uint64_t missed_before; /* of programs that are gone */
	uint64_t other[KIDOS_CLASSES]; /* as last read */
};

/* poll.c: reads every count, makes it into series and alerts, and sends them. */
void kidos_drops_poll(void *self, const struct kidos_poll *poll);

#endif
