/* SPDX-License-Identifier: MIT */
/* ordinary.h: reasons for drops that are ordinary on this host, as they are remembered. */
#ifndef KIDOS_DROPS_ORDINARY_H
#define KIDOS_DROPS_ORDINARY_H

#include "state/learned.h"

extern const struct kidos_learned_kind kidos_drop_ordinary;

#endif
