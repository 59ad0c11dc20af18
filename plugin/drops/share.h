/* SPDX-License-Identifier: MIT */
/* share.h: the alert drop_share: which share of an interface's packets is dropped. */
#ifndef KIDOS_DROPS_SHARE_H
#define KIDOS_DROPS_SHARE_H

#include "abi_drop.h"

struct kidos_engine;
struct kidos_slot_counts;

/* All of them under the engine's lock. So many more drops of this key. */
void kidos_drop_share_add(struct kidos_engine *engine, const struct kidos_drop_key *key,
			  __u64 packets);

/* Once a poll, when all of it was added. counts: what the poll read of each slot. */
void kidos_drop_share_judge(struct kidos_engine *engine, const struct kidos_slot_counts *counts);

void kidos_drop_share_close(struct kidos_engine *engine);

#endif
