/* SPDX-License-Identifier: MIT */
#include "capture/writer.h"
#include "core/log.h"
#include "core/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct kidos_writer {
	struct kidos_thread thread;
	void (*ended)(struct kidos_sheaf *sheaf);
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t filled;
	struct kidos_chunk chunks[KIDOS_CHUNKS];
	struct kidos_chunk *empty, *first, **end; /* first to be written, and behind the last */
	bool closing;
	char *memory;
};

static void write_chunk(struct kidos_chunk *chunk)
{
	struct kidos_sheaf *sheaf = chunk->sheaf;
	int error = chunk->used ? kidos_files_write(&sheaf->files, chunk->data, chunk->used) : 0;

	if (error) {
		atomic_fetch_add(&sheaf->lost, chunk->packets);
		kidos_log(LOG_WARNING, "capture: packets cannot be written: %s", strerror(-error));
		return;
	}
	atomic_fetch_add(&sheaf->written, chunk->packets);
	atomic_fetch_add(&sheaf->bytes, chunk->used);
}

static struct kidos_chunk *take_first(struct kidos_writer *writer)
{
	struct kidos_chunk *chunk;

	pthread_mutex_lock(&writer->lock);
	while (!writer->first && !writer->closing)
		pthread_cond_wait(&writer->filled, &writer->lock);
	chunk = writer->first;
	if (chunk)
		writer->first = chunk->next;
	if (!writer->first)
		writer->end = &writer->first;
	pthread_mutex_unlock(&writer->lock);
	return chunk;
}

static void *write_chunks(void *self)
{
	struct kidos_writer *writer = self;
	struct kidos_chunk *chunk;
	struct kidos_sheaf *sheaf;
	bool last;

	while ((chunk = take_first(writer))) {
		write_chunk(chunk);
		sheaf = chunk->sheaf;
		last = chunk->last;
		kidos_writer_drop(writer, chunk);
		if (last)
			writer->ended(sheaf);
	}
	return NULL;
}

struct kidos_chunk *kidos_writer_get(struct kidos_writer *writer)
{
	struct kidos_chunk *chunk;

	pthread_mutex_lock(&writer->lock);
	chunk = writer->empty;
	if (chunk)
		writer->empty = chunk->next;
	pthread_mutex_unlock(&writer->lock);
	if (chunk)
		*chunk = (struct kidos_chunk){ .data = chunk->data };
	return chunk;
}

void kidos_writer_put(struct kidos_writer *writer, struct kidos_chunk *chunk)
{
	chunk->next = NULL;
	pthread_mutex_lock(&writer->lock);
	*writer->end = chunk;
	writer->end = &chunk->next;
	pthread_cond_signal(&writer->filled);
	pthread_mutex_unlock(&writer->lock);
}

void kidos_writer_drop(struct kidos_writer *writer, struct kidos_chunk *chunk)
{
	pthread_mutex_lock(&writer->lock);
	chunk->next = writer->empty;
	writer->empty = chunk;
	pthread_mutex_unlock(&writer->lock);
}

static int make_chunks(struct kidos_writer *writer)
{
	writer->memory = mmap(NULL, (size_t)KIDOS_CHUNK * KIDOS_CHUNKS, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (writer->memory == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < KIDOS_CHUNKS; i++) {
		writer->chunks[i].data = writer->memory + i * KIDOS_CHUNK;
		kidos_writer_drop(writer, &writer->chunks[i]);
	}
	return 0;
}

static void writer_free(struct kidos_writer *writer)
{
	if (writer->memory != MAP_FAILED)
		munmap(writer->memory, (size_t)KIDOS_CHUNK * KIDOS_CHUNKS);
	pthread_cond_destroy(&writer->filled);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

struct kidos_writer *kidos_writer_open(void (*ended)(struct kidos_sheaf *sheaf))
{
	struct kidos_writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return NULL;
	writer->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	writer->ended = ended;
	writer->end = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->filled, NULL);
	error = make_chunks(writer);
	if (!error)
		error = kidos_thread_start(&writer->thread, "kidos writer", write_chunks, writer);
	if (!error)
		return writer;
	kidos_thread_stop(&writer->thread, 0);
	writer_free(writer);
	errno = -error;
	return NULL;
}

bool kidos_writer_close(struct kidos_writer *writer, unsigned int patience_s)
{
	if (!writer)
		return true;
	pthread_mutex_lock(&writer->lock);
	writer->closing = true;
	pthread_cond_signal(&writer->filled);
	pthread_mutex_unlock(&writer->lock);
	if (!kidos_thread_stop(&writer->thread, patience_s)) {
		kidos_log(LOG_WARNING, "capture: a disk hangs; not waited for");
		return false;
	}
	writer_free(writer);
	return true;
}
