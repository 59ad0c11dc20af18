/* SPDX-License-Identifier: MIT */
/* share.h: the alert drop_share: which share of an interface's packets is dropped. */
#ifndef KIDOS_DROPS_SHARE_H
#define KIDOS_DROPS_SHARE_H

#include "collector.h"

struct kidos_drop_shares;

/* percent: DropShare, 0: no alert. All under the context's lock. NULL without memory. */
struct kidos_drop_shares *kidos_drop_shares_new(struct kidos_context *context, uint64_t percent);
void kidos_drop_shares_free(struct kidos_drop_shares *shares);

/* So many more drops of this key. */
void kidos_drop_shares_add(struct kidos_drop_shares *shares, const struct kidos_drop_key *key,
			   uint64_t packets);

/* Once a poll, when all of it was added. */
void kidos_drop_shares_judge(struct kidos_drop_shares *shares, const struct kidos_poll *poll);

#endif
