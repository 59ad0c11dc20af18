/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_SETTINGS_H
#define KN_UPLINK_SETTINGS_H

/* Settings of an interface that die with its leaving, since the kernel makes them anew at the
 * default: its sysctls, and link-layer groups joined by hand (`ip maddr add`). All of them in the
 * namespace that the thread is in, which is home.
 */
#include "journal.h"

int kn_settings_save(struct kn_journal *journal, struct kn_err *err);

/* Best effort: what cannot be set must not keep the interface away, and is said on stderr. name
 * is what it is called now.
 */
void kn_settings_restore(const struct kn_journal *journal, const char *name);

#endif
