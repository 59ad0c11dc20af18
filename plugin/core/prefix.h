/* SPDX-License-Identifier: MIT */
/* prefix.h: a stretch of addresses. */
#ifndef KIDOS_CORE_PREFIX_H
#define KIDOS_CORE_PREFIX_H

#include "abi.h"

#include <stdbool.h>

struct kidos_prefix {
	union kidos_address address; /* bits behind the prefix are 0 */
	bool ipv4;
	unsigned int bits; /* of 32 or 128 */
};

/* The address must be of the prefix's family. */
bool kidos_prefix_holds(const struct kidos_prefix *prefix, const union kidos_address *address);

/* "10.0.0.0/8", "2001:db8::/32"; an address alone is its full length. */
bool kidos_prefix_parse(const char *text, struct kidos_prefix *prefix);

#endif
