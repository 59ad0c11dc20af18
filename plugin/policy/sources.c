/* SPDX-License-Identifier: MIT */
#include "policy/sources.h"
#include "core/flow_key.h"
#include "state/baseline.h"
#include "state/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_source(const void *one, const void *other)
{
	const struct kidos_source *a = one, *b = other;
	int order = (int)a->slot - (int)b->slot;

	if (!order)
		order = (int)b->ipv4 - (int)a->ipv4;
	return order ? order : memcmp(&a->address, &b->address, sizeof(a->address));
}

/* What one source sent in several flows becomes one item. */
static void merge(struct kidos_sources *sources)
{
	struct kidos_source *items = sources->items;
	size_t kept = 0;

	if (sources->count)
		qsort(items, sources->count, sizeof(*items), by_source);
	for (size_t i = 0; i < sources->count; i++) {
		struct kidos_source *last = kept ? &items[kept - 1] : NULL;

		if (!last || by_source(last, &items[i])) {
			items[kept++] = items[i];
			continue;
		}
		last->packets += items[i].packets;
		last->bytes += items[i].bytes;
		last->flows += items[i].flows;
	}
	sources->count = kept;
}

/* Merged before it grows: many flows have few sources. */
static bool make_room(struct kidos_sources *sources)
{
	struct kidos_source *items;
	size_t room = sources->room ? 2 * sources->room : 65536;

	if (sources->count < sources->room)
		return true;
	merge(sources);
	if (sources->count < sources->room / 2)
		return true;
	items = reallocarray(sources->items, room, sizeof(*items));
	sources->failed = !items;
	if (!items)
		return false;
	sources->items = items;
	sources->room = room;
	return true;
}

static bool add(struct kidos_sources *sources, const struct kidos_flow_key *key, uint64_t packets,
		uint64_t bytes)
{
	if (kidos_key_direction(key) != KIDOS_RX)
		return true;
	if (!make_room(sources))
		return false;
	sources->items[sources->count++] = (struct kidos_source){
		.address = key->src,
		.packets = packets,
		.bytes = bytes,
		.flows = 1,
		.slot = (uint16_t)kidos_key_slot(key),
		.ipv4 = kidos_key_is_ipv4(key),
	};
	return true;
}

static bool take_baseline(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *context)
{
	return add(context, key, flow->packets, flow->bytes);
}

static bool take_entry(struct kidos_sources *sources, const struct kidos_maps *maps, size_t set,
		       unsigned int way)
{
	uint64_t carry = maps->details[set].ways[way].packets_carry;
	struct kidos_flow_reading reading;

	if (!kidos_flow_read(&maps->flows[set].ways[way], &reading))
		return true;
	return add(sources, &reading.key, reading.packets + (carry << 32), reading.bytes);
}

int kidos_sources_read(struct kidos_sources *sources, struct kidos_maps *maps)
{
	int error = maps->flows ? 0 : kidos_maps_mmap(maps);

	*sources = (struct kidos_sources){};
	if (error)
		return error;
	if (maps->meta.baseline)
		kidos_baseline_each(maps, take_baseline, sources);
	for (size_t set = 0; !maps->meta.baseline && set < maps->sets; set++)
		for (unsigned int way = 0; way < KIDOS_WAYS; way++)
			if (!take_entry(sources, maps, set, way))
				return -ENOMEM;
	if (sources->failed)
		return -ENOMEM;
	merge(sources);
	return 0;
}

void kidos_sources_free(struct kidos_sources *sources)
{
	free(sources->items);
	*sources = (struct kidos_sources){};
}
