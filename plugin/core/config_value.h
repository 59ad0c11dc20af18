/* SPDX-License-Identifier: MIT */
/* config_value.h: from the configuration's words to what an option holds. */
#ifndef KIDOS_CORE_CONFIG_VALUE_H
#define KIDOS_CORE_CONFIG_VALUE_H

#include "core/config.h"

/* Says what is wrong; always -1. */
int kidos_fail(char reason[KIDOS_REASON], const char *what);

/*
 * Sets the option in base to the value (of PREFIX_LENGTHS two values; STRINGS
 * are added to). Returns 0, or -1 with a reason.
 */
int kidos_option_set(const struct kidos_option *option, void *base, const struct kidos_value *value,
		     char reason[KIDOS_REASON]);

#endif
