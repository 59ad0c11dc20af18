/* SPDX-License-Identifier: MIT */
#ifndef KN_RECORDED_H
#define KN_RECORDED_H

/* Which topology is up from a file, whatever the file says now: another name, nothing that can be
 * read, or nothing at all.
 */
#include "topology.h"

/* The file's place: its directory without links, and its name. Empty if there is no such directory.
 */
void kn_recorded_place(const char *file, char place[PATH_MAX]);

/* What up was given from that place, by the records in RUN, or by an uplink's journal in LIB, which
 * outlives a reboot. -ENOENT without one. A journal that cannot be read is said on stderr.
 */
int kn_recorded_find(const char *place, struct kn_topology **out, struct kn_err *err);

/* The topology with this name, from its text as it was recorded. */
int kn_recorded_parse(const char *name, const char *text, struct kn_topology **out,
		      struct kn_err *err);

#endif
