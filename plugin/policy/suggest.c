/* SPDX-License-Identifier: MIT */
#include "policy/suggest.h"
#include "core/flow_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_V4 24 /* bits of what belongs together */
#define NETWORK_V6 64

static int by_prefix(const void *one, const void *other)
{
	const struct kidos_suggestion *a = one, *b = other;
	int order = (int)b->prefix.ipv4 - (int)a->prefix.ipv4;

	return order ? order
		     : memcmp(&a->prefix.address, &b->prefix.address, sizeof(a->prefix.address));
}

static int by_packets(const void *one, const void *other)
{
	const struct kidos_suggestion *a = one, *b = other;

	if (a->packets != b->packets)
		return a->packets < b->packets ? 1 : -1;
	return by_prefix(one, other);
}

static bool is_same(const struct kidos_prefix *a, const struct kidos_prefix *b)
{
	return a->ipv4 == b->ipv4 && a->bits == b->bits &&
	       !memcmp(&a->address, &b->address, sizeof(a->address));
}

static void add(struct kidos_suggestion *to, const struct kidos_suggestion *what)
{
	to->packets += what->packets;
	to->bytes += what->bytes;
	to->sources += what->sources;
}

/* One of each prefix; what is sorted stays so. */
static size_t merge_same(struct kidos_suggestion *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && is_same(&items[kept - 1].prefix, &items[i].prefix))
			add(&items[kept - 1], &items[i]);
		else
			items[kept++] = items[i];
	}
	return kept;
}

static struct kidos_prefix network_of(const struct kidos_source *source)
{
	struct kidos_prefix network = { .address = source->address,
					.ipv4 = source->ipv4,
					.bits = source->ipv4 ? NETWORK_V4 : NETWORK_V6 };

	kidos_address_mask(&network.address, network.ipv4, network.bits);
	return network;
}

/* The prefix that is one bit shorter. */
static struct kidos_prefix around(const struct kidos_prefix *prefix)
{
	struct kidos_prefix parent = *prefix;

	parent.bits--;
	kidos_address_mask(&parent.address, parent.ipv4, parent.bits);
	return parent;
}

static bool are_halves(const struct kidos_prefix *a, const struct kidos_prefix *b)
{
	struct kidos_prefix one, other;

	if (a->ipv4 != b->ipv4 || a->bits != b->bits || !a->bits)
		return false;
	one = around(a);
	other = around(b);
	return is_same(&one, &other);
}

/* Two halves become one, which may be a half again: like a stack, since they are in order. */
static size_t join_halves(struct kidos_suggestion *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		items[kept++] = items[i];
		while (kept > 1 && are_halves(&items[kept - 2].prefix, &items[kept - 1].prefix)) {
			items[kept - 2].prefix = around(&items[kept - 2].prefix);
			add(&items[kept - 2], &items[kept - 1]);
			kept--;
		}
	}
	return kept;
}

/* Those with most packets, until enough are covered. */
static size_t select_most(struct kidos_suggestions *suggestions, size_t count, unsigned int cover)
{
	struct kidos_suggestion *items = suggestions->items;
	uint64_t left = suggestions->packets - suggestions->packets / 100 * (100 - cover) -
			suggestions->packets % 100 * (100 - cover) / 100;
	size_t taken = 0;

	qsort(items, count, sizeof(*items), by_packets);
	while (taken < count && suggestions->covered < left)
		suggestions->covered += items[taken++].packets;
	qsort(items, taken, sizeof(*items), by_prefix);
	return taken;
}

int kidos_suggest(struct kidos_suggestions *suggestions, const struct kidos_sources *sources,
		  unsigned int cover)
{
	size_t count = sources->count;

	*suggestions = (struct kidos_suggestions){ .items = calloc(count + 1,
								   sizeof(*suggestions->items)) };
	if (!suggestions->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct kidos_source *source = &sources->items[i];

		suggestions->packets += source->packets;
		suggestions->items[i] =
			(struct kidos_suggestion){ network_of(source), source->packets,
						   source->bytes, 1 };
	}
	qsort(suggestions->items, count, sizeof(*suggestions->items), by_prefix);
	count = merge_same(suggestions->items, count);
	count = select_most(suggestions, count, cover);
	suggestions->count = join_halves(suggestions->items, count);
	return 0;
}

void kidos_suggestions_free(struct kidos_suggestions *suggestions)
{
	free(suggestions->items);
	*suggestions = (struct kidos_suggestions){};
}
