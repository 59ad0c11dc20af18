/* SPDX-License-Identifier: MIT */
/*
 * writer.h: the thread that writes captures. Packets are handed to it in chunks of a fixed number,
 * so that whoever reads packets never waits for a disk: without a free chunk they are lost, and
 * counted.
 */
#ifndef KIDOS_CAPTURE_WRITER_H
#define KIDOS_CAPTURE_WRITER_H

#include "capture/files.h"

#include <stdatomic.h>

#define KIDOS_CHUNK (1u << 20) /* bytes of one write: half the price of 64 KiB */
#define KIDOS_CHUNKS 8

/* Where chunks go: the files of a capture. */
struct kidos_sheaf {
	struct kidos_files files; /* the writer's from the first chunk on */
	atomic_uint_fast64_t written, lost; /* packets, and those that a disk did not take */
	atomic_uint_fast64_t bytes; /* written */
};

struct kidos_chunk {
	struct kidos_chunk *next;
	struct kidos_sheaf *sheaf;
	bool last; /* ended is called behind it */
	uint32_t packets;
	size_t used;
	char *data; /* KIDOS_CHUNK bytes */
};

struct kidos_writer;

/* ended: in the thread, when a sheaf's last chunk was written. NULL with errno. */
struct kidos_writer *kidos_writer_open(void (*ended)(struct kidos_sheaf *sheaf));
/* Writes what was put, but waits for no disk longer than patience_s seconds: then false, and the
 * thread still uses it. */
bool kidos_writer_close(struct kidos_writer *writer, unsigned int patience_s);

/* Any thread. An empty chunk, or NULL. */
struct kidos_chunk *kidos_writer_get(struct kidos_writer *writer);
void kidos_writer_put(struct kidos_writer *writer, struct kidos_chunk *chunk);
/* Gives an unused one back. */
void kidos_writer_drop(struct kidos_writer *writer, struct kidos_chunk *chunk);

#endif
