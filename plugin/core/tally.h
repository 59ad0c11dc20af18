/* SPDX-License-Identifier: MIT */
/* tally.h: how often each text came, and the most frequent ones. */
#ifndef KIDOS_CORE_TALLY_H
#define KIDOS_CORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kidos_tally_row {
	char *text;
	uint64_t count;
};

/* All zeros: empty. */
struct kidos_tally {
	struct kidos_tally_row *rows; /* in the order they came until kidos_tally_sort() */
	size_t count;
	size_t room;
	uint32_t *places; /* open addressing: row + 1, 0 free; a power of two of them */
	size_t mask;
};

/* Adds to the text's row, which is made when it is not there; false: no memory. */
bool kidos_tally_add(struct kidos_tally *tally, const char *text, uint64_t count);

/* 0 for a text that is not there. Not after kidos_tally_sort(). */
uint64_t kidos_tally_get(const struct kidos_tally *tally, const char *text);

/* Most frequent first, texts in order where counts are equal. No more adds or gets after it. */
void kidos_tally_sort(struct kidos_tally *tally);
void kidos_tally_free(struct kidos_tally *tally);

#endif
