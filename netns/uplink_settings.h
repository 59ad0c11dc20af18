/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_SETTINGS_H
#define KN_UPLINK_SETTINGS_H

/* Settings that an interface loses when it moves, since the kernel sets them to the default: its
 * sysctls, and link-layer groups joined by hand (`ip maddr add`). They are read and set in the
 * namespace that the thread is in, which is home.
 */
#include "journal.h"

int kn_settings_save(struct kn_journal *journal, struct kn_err *err);

/* Best effort: a setting that fails must not keep the interface away, and is reported on stderr.
 * name is its current name.
 */
void kn_settings_restore(const struct kn_journal *journal, const char *name);

#endif
