/* SPDX-License-Identifier: MIT */
#include "connects/counts.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Elements at a time. The kernel hands out whole buckets of its hash map: one has to fit in. */
#define BATCH 512u

struct walk {
	int fd;
	size_t key, value;
	char *keys, *values;
	kidos_connect_each each;
	void *context;
};

static bool give(const struct walk *walk, __u32 count)
{
	for (__u32 i = 0; i < count; i++)
		if (!walk->each(walk->keys + i * walk->key, walk->values + i * walk->value,
				walk->context))
			return false;
	return true;
}

/* Where a batch ends is a bucket's number: elements that come and go start nothing anew. */
static int walk_map(const struct walk *walk)
{
	__u32 position, got;
	bool first = true, more = true;

	while (more) {
		got = BATCH;
		more = !bpf_map_lookup_batch(walk->fd, first ? NULL : &position, &position,
					     walk->keys, walk->values, &got, NULL);
		if (!more && errno != ENOENT)
			return -errno;
		if (!give(walk, got))
			return 0;
		first = false;
	}
	return 0;
}

int kidos_connect_counts_each(int fd, size_t key, size_t value, kidos_connect_each each,
			      void *context)
{
	_cleanup_free_ char *keys = NULL, *values = NULL;
	struct walk walk = {
		.fd = fd, .key = key, .value = value, .each = each, .context = context
	};

	if (fd < 0)
		return 0;
	walk.keys = keys = calloc(BATCH, key);
	walk.values = values = calloc(BATCH, value);
	return keys && values ? walk_map(&walk) : -ENOMEM;
}

static int read_array(int fd, uint64_t *values, __u32 count)
{
	memset(values, 0, count * sizeof(*values));
	for (__u32 i = 0; fd >= 0 && i < count; i++)
		if (bpf_map_lookup_elem(fd, &i, &values[i]))
			return -errno;
	return 0;
}

int kidos_connect_counts_other(int fd,
			       uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS])
{
	return read_array(fd, other, KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS);
}

int kidos_connect_counts_events(int fd, uint64_t events[KIDOS_CONNECT_EVENTS])
{
	return read_array(fd, events, KIDOS_CONNECT_EVENTS);
}
