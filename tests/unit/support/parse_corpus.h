/* SPDX-License-Identifier: MIT */
/* parse_corpus.h: the frames of every capture under $KIDOS_CORPUS. */
#ifndef PARSE_CORPUS_H
#define PARSE_CORPUS_H

#include "parse.h"

struct parse_capture {
	const char *file; /* path below the corpus */
	unsigned int number; /* of the frame in its file, from 1 as tshark counts */
	__u8 *bytes;
	__u32 captured;
	__u32 length; /* on the wire, at least captured */
};

/* Not 0 ends the walk and becomes its result. */
typedef int (*parse_corpus_visit)(void *context, const struct parse_capture *capture);

/* Files read, in the order of their names; -ENOENT when KIDOS_CORPUS is not set. */
int parse_corpus_walk(parse_corpus_visit visit, void *context);

#endif
