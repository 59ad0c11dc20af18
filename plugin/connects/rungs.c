/* SPDX-License-Identifier: MIT */
#include "connects/rungs.h"

#include <stddef.h>

const char *const kidos_connect_probe_names[] = { "auto",   "fentry", "kprobe", "tracepoint",
						  "cgroup", "raw",    NULL };
