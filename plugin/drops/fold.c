/* SPDX-License-Identifier: MIT */
#include "drops/fold.h"
#include "drops/counts.h"
#include "links/slots.h"

#include <errno.h>
#include <stdlib.h>

#define HALF (KIDOS_DROP_KEYS / 2)

struct candidate {
	struct kidos_drop_key key;
	unsigned int moved;
};

struct search {
	const struct kidos_context *context;
	struct kidos_drop_tally *tally;
	size_t keys; /* of all counts */
	size_t count;
	struct candidate *candidates; /* room for KIDOS_DROP_KEYS */
};

/* What has no interface to begin with is bounded by the kernel's reasons and places. */
static bool take_candidate(const struct kidos_drop_key *key, uint64_t count, void *context)
{
	struct search *search = context;
	const struct kidos_drop_last *last;

	search->keys++;
	if (search->count == KIDOS_DROP_KEYS || key->ifindex == KIDOS_IFINDEX_GONE ||
	    (!key->ifindex && !key->netns) ||
	    kidos_port_find(search->context, key->netns, key->ifindex))
		return true;
	last = kidos_drop_tally_last(search->tally, key);
	/* One that came since the counts were read is new; one of a driver may be 0 for ever. */
	if (count && (!last || !last->seen || last->moved == search->tally->emitted))
		return true;
	search->candidates[search->count++] =
		(struct candidate){ .key = *key, .moved = count ? last->moved : 0 };
	return true;
}

static int longest_first(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return (left->moved > right->moved) - (left->moved < right->moved);
}

static int fold(const struct search *search, const struct kidos_drop_maps *maps,
		const struct kidos_drop_key *key)
{
	struct kidos_drop_key gone = *key;
	uint64_t count;
	int error = kidos_drop_maps_remove(maps, key, &count);

	gone.netns = 0;
	gone.ifindex = KIDOS_IFINDEX_GONE;
	if (!error)
		error = kidos_drop_maps_add(maps, &gone, count);
	if (!error)
		kidos_drop_tally_move(search->tally, key, &gone);
	return error;
}

static int fold_some(const struct search *search, const struct kidos_drop_maps *maps)
{
	size_t wanted = search->keys > KIDOS_DROP_FULL ? search->keys - HALF : 0;
	int error = 0;

	qsort(search->candidates, search->count, sizeof(*search->candidates), longest_first);
	for (size_t i = 0; !error && i < wanted && i < search->count; i++)
		error = fold(search, maps, &search->candidates[i].key);
	return error;
}

int kidos_drop_fold(const struct kidos_context *context, const struct kidos_drop_maps *maps,
		    struct kidos_drop_tally *tally)
{
	struct search search = { .context = context, .tally = tally };
	int error;

	search.candidates = calloc(KIDOS_DROP_KEYS, sizeof(*search.candidates));
	if (!search.candidates)
		return -ENOMEM;
	error = kidos_drop_counts_each(maps->fd[KIDOS_DROP_MAP_COUNTS], take_candidate, &search);
	if (!error)
		error = fold_some(&search, maps);
	free(search.candidates);
	return error;
}
