/* SPDX-License-Identifier: MIT */
#ifndef KN_RECORDED_H
#define KN_RECORDED_H

/* Finds the topology that was built from a file. The file may have another name in it since, may
 * not be readable, or may be gone.
 */
#include "topology.h"

/* The file's place: its directory with symbolic links resolved, and its name. Empty if there is no
 * such directory.
 */
void kn_recorded_place(const char *file, char place[PATH_MAX]);

/* The topology that up was given from that place: from the records in RUN, or from an uplink's
 * journal in LIB, which survives a reboot. -ENOENT if there is none. A journal that cannot be read
 * is reported on stderr.
 */
int kn_recorded_find(const char *place, struct kn_topology **out, struct kn_err *err);

/* The topology with this name, from its text as it was recorded. */
int kn_recorded_parse(const char *name, const char *text, struct kn_topology **out,
		      struct kn_err *err);

#endif
