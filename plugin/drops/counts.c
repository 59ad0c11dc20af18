/* SPDX-License-Identifier: MIT */
#include "drops/counts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keys at a time. The kernel hands out whole buckets of its hash map: one has to fit in. */
#define BATCH 512

struct walk {
	struct kidos_drop_key keys[BATCH];
	__u64 counts[BATCH];
	bool (*each)(const struct kidos_drop_key *key, uint64_t count, void *context);
	void *context;
};

/* Where a batch ends is a bucket's number: keys that come and go under way start nothing anew. */
static int walk_counts(int fd, struct walk *walk)
{
	__u32 position, got;
	bool first = true, more = true;

	while (more) {
		got = BATCH;
		more = !bpf_map_lookup_batch(fd, first ? NULL : &position, &position, walk->keys,
					     walk->counts, &got, NULL);
		if (!more && errno != ENOENT)
			return -errno;
		for (__u32 i = 0; i < got; i++)
			if (!walk->each(&walk->keys[i], walk->counts[i], walk->context))
				return 0;
		first = false;
	}
	return 0;
}

int kidos_drop_counts_each(int fd,
			   bool (*each)(const struct kidos_drop_key *key, uint64_t count,
					void *context),
			   void *context)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int error = -ENOMEM;

	if (walk) {
		walk->each = each;
		walk->context = context;
		error = walk_counts(fd, walk);
	}
	free(walk);
	return error;
}

int kidos_drop_counts_other(int fd, uint64_t other[KIDOS_CLASSES])
{
	memset(other, 0, KIDOS_CLASSES * sizeof(*other));
	for (__u32 class = 0; fd >= 0 && class < KIDOS_CLASSES; class ++)
		if (bpf_map_lookup_elem(fd, &class, &other[class]))
			return -errno;
	return 0;
}
