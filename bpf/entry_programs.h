/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* entry_programs.h: what entry programs jump to, and go on to from a copy. */
#ifndef KIDOS_ENTRY_PROGRAMS_H
#define KIDOS_ENTRY_PROGRAMS_H

#include "abi.h"

/* A program array takes one program type, attach type and frags flag (EINVAL for others). */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, KIDOS_ENTRY_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} xdp_program SEC(".maps"), tc_program SEC(".maps");

#endif
