/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_JOURNAL_H
#define KN_UPLINK_JOURNAL_H

#include "journal.h"
#include "world.h"

/* The journal of the world's topology: in LIB, and in RUN a copy of what tells the interface and
 * its addresses, for the case that LIB is lost while the interface is away.
 */
#define _cleanup_journal_ __attribute__((cleanup(kn_journal_clear)))

/* -ENOENT if there is none; every other failure means that there is one. */
int kn_uplink_journal(struct kn_world *world, struct kn_journal *journal, struct kn_err *err);
int kn_uplink_journal_copy(struct kn_world *world, struct kn_journal *journal, struct kn_err *err);

int kn_uplink_journal_write(struct kn_world *world, const struct kn_journal *journal,
			    struct kn_err *err);
int kn_uplink_journal_remove(struct kn_world *world, struct kn_err *err);

#endif
