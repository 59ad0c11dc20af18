/* SPDX-License-Identifier: MIT */
/* when.h: moments as users write them. */
#ifndef KIDOS_CORE_WHEN_H
#define KIDOS_CORE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * RFC 3339 (2026-11-21T06:30:00Z, with a fraction or an offset), seconds since 1970, or an age
 * such as 90s, 15m, 2h, 3d, counted back from now. Nanoseconds since 1970; false for anything else
 * and for what lies before 1970.
 */
bool kidos_when_parse(const char *text, uint64_t now_ns, uint64_t *when_ns);

#endif
