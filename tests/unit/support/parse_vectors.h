/* SPDX-License-Identifier: MIT */
/* parse_vectors.h: the table of frames and of what the parser makes of them. */
#ifndef PARSE_VECTORS_H
#define PARSE_VECTORS_H

#include <stddef.h>

struct parse_vector {
	const char *name;
	const char *frame; /* parse_build.h */
	const char *outer; /* parse_text.h */
	const char *inner; /* NULL without a tunnel */
};

extern const struct parse_vector parse_vectors[];
extern const size_t parse_vector_count;

#endif
