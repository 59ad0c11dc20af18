/* SPDX-License-Identifier: MIT */
#include "state/elements.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>

/* The kernel hands out whole buckets of its hash map: one has to fit in. */
#define AT_ONCE 1024

struct batch {
	char *keys, *values;
	size_t key_size, value_size;
	__u32 count;
};

static int take_batch(int fd, const struct batch *batch, kidos_element_take take, void *context)
{
	int error = 0;

	for (__u32 i = 0; !error && i < batch->count; i++)
		error = take(fd, batch->keys + i * batch->key_size,
			     batch->values + i * batch->value_size, context);
	return error;
}

/*
 * ENOENT is the end, and comes with the last elements. Where a batch ends is a
 * bucket's number: keys that come and go under way start nothing anew.
 */
int kidos_elements_each(int fd, size_t key_size, size_t value_size, kidos_element_take take,
			void *context)
{
	_cleanup_free_ char *keys = calloc(AT_ONCE, key_size);
	_cleanup_free_ char *values = calloc(AT_ONCE, value_size);
	struct batch batch = { keys, values, key_size, value_size, 0 };
	__u32 position = 0;
	bool first = true, last = false;
	int error = 0;

	if (fd < 0)
		return 0;
	if (!keys || !values)
		return -ENOMEM;
	while (!error && !last) {
		batch.count = AT_ONCE;
		last = bpf_map_lookup_batch(fd, first ? NULL : &position, &position, keys, values,
					    &batch.count, NULL);
		if (last && errno != ENOENT)
			return -errno;
		first = false;
		error = take_batch(fd, &batch, take, context);
	}
	return error;
}
