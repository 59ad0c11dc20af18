/* SPDX-License-Identifier: MIT */
#include "state/view.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK (512 * 1024) /* bytes copied at once: what the second copy finds in the cache */

struct copying {
	int fd;
	size_t size;
	unsigned int chunk; /* elements at once */
	unsigned int *keys;
	char *again;
	kidos_view_settle settle;
};

/* One chunk; `last` is the key before it, NULL at the start. */
static int read_chunk(const struct copying *copying, unsigned int *last, void *to,
		      unsigned int *count)
{
	unsigned int next;

	*count = copying->chunk;
	/* The array ends with the chunk: ENOENT, and count says how many there were. */
	if (bpf_map_lookup_batch(copying->fd, last, &next, copying->keys, to, count, NULL) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

static void settle_one(const struct copying *copying, void *first, const void *second)
{
	if (copying->settle)
		copying->settle(first, second);
	else if (memcmp(first, second, copying->size))
		memset(first, 0, copying->size);
}

static int copy_chunk(const struct copying *copying, size_t start, char *to, unsigned int *count)
{
	unsigned int last = (unsigned int)start - 1, again;
	int error = read_chunk(copying, start ? &last : NULL, to, count);

	if (!error)
		error = read_chunk(copying, start ? &last : NULL, copying->again, &again);
	for (size_t i = 0; !error && i < *count; i++)
		settle_one(copying, to + i * copying->size, copying->again + i * copying->size);
	return error;
}

static int copy_all(const struct copying *copying, size_t count, char *to)
{
	unsigned int got;

	for (size_t i = 0; i < count; i += got) {
		int error = copy_chunk(copying, i, to + i * copying->size, &got);

		if (error || !got)
			return error ? error : -EIO;
	}
	return 0;
}

static int copy(int fd, size_t count, size_t size, kidos_view_settle settle, void *to)
{
	struct copying copying = { .fd = fd, .size = size, .settle = settle };
	size_t chunk = CHUNK / size < count ? CHUNK / size : count;
	_cleanup_free_ unsigned int *keys = NULL;
	_cleanup_free_ char *again = NULL;

	/* A whole number of chunks, so that none reaches beyond the end. */
	while (count % chunk)
		chunk--;
	copying.chunk = (unsigned int)chunk;
	copying.keys = keys = calloc(chunk, sizeof(*keys));
	copying.again = again = calloc(chunk, size);
	return keys && again ? copy_all(&copying, count, to) : -ENOMEM;
}

int kidos_view(int fd, size_t count, size_t size, kidos_view_settle settle, const void **address)
{
	void *got = mmap(NULL, count * size, PROT_READ, MAP_SHARED, fd, 0);
	int error;

	if (got != MAP_FAILED) {
		*address = got;
		return 0;
	}
	/* EINVAL: a shared mapping of what was opened for reading alone counts as private. */
	if (errno != EINVAL && errno != EACCES)
		return -errno;
	got = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (got == MAP_FAILED)
		return -errno;
	error = copy(fd, count, size, settle, got);
	if (error)
		munmap(got, count * size);
	else
		*address = got;
	return error;
}
