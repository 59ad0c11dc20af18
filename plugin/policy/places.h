/* SPDX-License-Identifier: MIT */
/*
 * places.h: where the values of a JSON text stand, which json-c does not keep,
 * and keys that are used twice, of which it keeps the last.
 */
#ifndef KIDOS_POLICY_PLACES_H
#define KIDOS_POLICY_PLACES_H

#include <stddef.h>
#include <stdint.h>

struct kidos_places {
	uint32_t *lines; /* of each value, in the order of the text */
	size_t count;
	size_t next; /* for a walk over the values in the same order */
	size_t keys;
	uint32_t twice; /* line of a key that its object had before; 0: there is none */
};

/* text was parsed before: it is valid. 0 or -ENOMEM; free it either way. */
int kidos_places_scan(struct kidos_places *places, const char *text, size_t length);
void kidos_places_free(struct kidos_places *places);

/* Line of the walk's next value; 0 behind the last. */
uint32_t kidos_places_next(struct kidos_places *places);

#endif
