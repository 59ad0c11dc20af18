/* SPDX-License-Identifier: MIT */
/*
 * suggest.h: a short list of prefixes for what was seen: the networks (/24, /64)
 * of the sources that sent most, neighbours put together as long as nothing
 * else comes in with them.
 */
#ifndef KIDOS_POLICY_SUGGEST_H
#define KIDOS_POLICY_SUGGEST_H

#include "core/prefix.h"
#include "policy/sources.h"

struct kidos_suggestion {
	struct kidos_prefix prefix;
	uint64_t packets, bytes, sources;
};

struct kidos_suggestions {
	struct kidos_suggestion *items; /* IPv4 first, by address */
	size_t count;
	uint64_t packets; /* of all that was seen, in the list or not */
	uint64_t covered; /* of those, in the list */
};

/* cover: percent of the packets, 1 to 100. 0 or -ENOMEM; free it either way. */
int kidos_suggest(struct kidos_suggestions *suggestions, const struct kidos_sources *sources,
		  unsigned int cover);
void kidos_suggestions_free(struct kidos_suggestions *suggestions);

#endif
