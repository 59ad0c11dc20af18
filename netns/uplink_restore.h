/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_RESTORE_H
#define KN_UPLINK_RESTORE_H

#include "journal.h"
#include "world.h"

/* What the interface is now, to go to namespace ns. The caller clears the journal. */
int kn_uplink_snapshot(struct kn_world *world, const struct kn_link_info *info, const char *ns,
		       struct kn_journal *journal, struct kn_err *err);

/* Brings the interface home from wherever it is, makes it what it was, and looks whether it is.
 * Every part can be done twice. -EEXIST if its name is taken, -ENODATA if something of it is not
 * back: it is home then and works as far as it goes, and the journal has to stay. After a reboot
 * others may be missing too, and what is not back is only said on stderr.
 */
int kn_uplink_restore(struct kn_world *world, const struct kn_journal *journal, struct kn_err *err);

#endif
