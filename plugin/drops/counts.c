/* SPDX-License-Identifier: MIT */
#include "drops/counts.h"
#include "state/elements.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

struct walk {
	bool (*each)(const struct kidos_drop_key *key, uint64_t count, void *context);
	void *context;
};

/* 1 ends the walk. */
static int take(int fd, const void *key, const void *value, void *context)
{
	const struct walk *walk = context;
	uint64_t count;

	(void)fd;
	memcpy(&count, value, sizeof(count));
	return !walk->each(key, count, walk->context);
}

int kidos_drop_counts_each(int fd,
			   bool (*each)(const struct kidos_drop_key *key, uint64_t count,
					void *context),
			   void *context)
{
	struct walk walk = { each, context };
	int error = fd < 0 ? -EBADF
			   : kidos_elements_each(fd, sizeof(struct kidos_drop_key), sizeof(__u64),
						 take, &walk);

	return error < 0 ? error : 0;
}

int kidos_drop_counts_other(int fd, uint64_t other[KIDOS_CLASSES])
{
	memset(other, 0, KIDOS_CLASSES * sizeof(*other));
	for (__u32 class = 0; fd >= 0 && class < KIDOS_CLASSES; class ++)
		if (bpf_map_lookup_elem(fd, &class, &other[class]))
			return -errno;
	return 0;
}
