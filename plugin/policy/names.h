/* SPDX-License-Identifier: MIT */
/* names.h: the words for what abi_policy.h numbers. */
#ifndef KIDOS_POLICY_NAMES_H
#define KIDOS_POLICY_NAMES_H

#include "abi_policy.h"

extern const char *const kidos_outcome_names[KIDOS_OUTCOMES];

#endif
