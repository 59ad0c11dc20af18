/* SPDX-License-Identifier: MIT */
/*
 * input.h: lines of a file or of standard input, unpacked where it is gzip or
 * zstd, in a fixed room.
 */
#ifndef KIDOS_EVENTLOG_INPUT_H
#define KIDOS_EVENTLOG_INPUT_H

#include "eventlog/record.h"

#define KIDOS_INPUT_LINE (64u * 1024u) /* bytes of the longest line; a longer one is no row */

struct kidos_input;

/* name "-": standard input. NULL with errno. */
struct kidos_input *kidos_input_open(const char *name);
void kidos_input_close(struct kidos_input *input);

/*
 * The next line, without its end, valid until the next call; false at the end,
 * or where the file is broken: then *error is -errno, -EBADMSG for what gzip or
 * zstd cannot unpack, -EFBIG for a zstd window that takes too much memory. A
 * line that is too long comes as one that is cut and one character longer than
 * KIDOS_INPUT_LINE.
 */
bool kidos_input_line(struct kidos_input *input, struct kidos_slice *line, int *error);

/* Bytes read of how many; 0: nobody knows. */
void kidos_input_progress(const struct kidos_input *input, uint64_t *read, uint64_t *size);

#endif
