/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_JOURNAL_H
#define KN_UPLINK_JOURNAL_H

#include "journal.h"
#include "nets.h"

#include <limits.h>

/* The topology's journal in LIB, and in RUN a shorter copy with the interface and its addresses, in
 * case LIB is lost while the interface is away.
 */
#define _cleanup_journal_ __attribute__((cleanup(kn_journal_clear)))

/* -ENOENT if there is none. Every other failure means that there is one. */
int kn_uplink_journal(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err);
int kn_uplink_journal_copy(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err);

/* The path of the one in LIB, for messages. */
const char *kn_uplink_journal_path(const struct kn_nets *nets, char path[PATH_MAX]);

int kn_uplink_journal_write(struct kn_nets *nets, const struct kn_journal *journal,
			    struct kn_err *err);
int kn_uplink_journal_remove(struct kn_nets *nets, struct kn_err *err);

#endif
