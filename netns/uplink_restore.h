/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_RESTORE_H
#define KN_UPLINK_RESTORE_H

#include "journal.h"
#include "nets.h"

/* Saves the state of an interface that is to move to namespace ns. The caller clears the journal.
 */
int kn_uplink_snapshot(struct kn_nets *nets, const struct kn_link_info *info, const char *ns,
		       struct kn_journal *journal, struct kn_err *err);

/* Brings the interface home from wherever it is, restores its state, and compares it with the
 * journal. Can be repeated. -EEXIST if its name is taken; -ENODATA if something is not back: it is
 * home then and works as far as possible, and the journal has to stay. After a reboot other
 * interfaces may be missing too, so what is not back is only reported on stderr.
 */
int kn_uplink_restore(struct kn_nets *nets, const struct kn_journal *journal, struct kn_err *err);

#endif
