/* SPDX-License-Identifier: MIT */
/* rungs.h: the names of the ways to see attempts. */
#ifndef KIDOS_CONNECTS_RUNGS_H
#define KIDOS_CONNECTS_RUNGS_H

/* In the order of the ladder; index 0 is "auto". NULL at the end. */
extern const char *const kidos_connect_probe_names[];

#endif
