/* SPDX-License-Identifier: MIT */
#include "flows/history.h"
#include "core/flow_key.h"

#include <stdlib.h>
#include <string.h>

/* Places searched from the hint on; beyond them a flow has no rate. */
#define PROBES 16

struct kidos_flow_memory {
	uint64_t tag; /* hash of the key, 0: free */
	uint64_t packets, bytes;
};

static bool resize(struct kidos_flow_history *history, size_t places)
{
	kidos_flow_history_free(history);
	history->before = calloc(places, sizeof(*history->before));
	history->now = calloc(places, sizeof(*history->now));
	history->mask = places - 1;
	history->now_ns = 0;
	return history->before && history->now;
}

bool kidos_flow_history_begin(struct kidos_flow_history *history, size_t entries, uint64_t now_ns)
{
	struct kidos_flow_memory *old = history->before;
	size_t places = 64;

	while (places < entries)
		places *= 2;
	if (!history->now || history->mask != places - 1) {
		if (!resize(history, places))
			return false;
	} else {
		history->before = history->now;
		history->now = old;
		memset(old, 0, places * sizeof(*old));
	}
	history->before_ns = history->now_ns;
	history->now_ns = now_ns;
	return true;
}

/* The place with the tag, or the first free one; NULL if neither is near. */
static struct kidos_flow_memory *find(struct kidos_flow_memory *table, size_t mask, size_t hint,
				      uint64_t tag)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct kidos_flow_memory *memory = &table[(hint + i) & mask];

		if (!memory->tag || memory->tag == tag)
			return memory;
	}
	return NULL;
}

static void compare(const struct kidos_flow_history *history,
		    const struct kidos_flow_memory *before, struct kidos_flow_row *row)
{
	const struct kidos_flow_view *view = &row->view;
	bool known = before && before->tag;

	row->new_packets = row->new_bytes = 0;
	if (!history->before_ns || (!known && view->first_ns < history->before_ns))
		return;
	/* Fewer than before: the entry was evicted under way, and began again. */
	if (!known || view->packets < before->packets || view->bytes < before->bytes) {
		row->new_packets = view->packets;
		row->new_bytes = view->bytes;
		return;
	}
	row->new_packets = view->packets - before->packets;
	row->new_bytes = view->bytes - before->bytes;
}

void kidos_flow_history_apply(struct kidos_flow_history *history, size_t hint,
			      struct kidos_flow_row *row)
{
	uint64_t tag = kidos_key_hash(&row->view.key, history->seed) | 1;
	struct kidos_flow_memory *now = find(history->now, history->mask, hint, tag);

	compare(history, find(history->before, history->mask, hint, tag), row);
	if (now)
		*now = (struct kidos_flow_memory){ tag, row->view.packets, row->view.bytes };
}

double kidos_flow_history_seconds(const struct kidos_flow_history *history)
{
	return history->before_ns ? (double)(history->now_ns - history->before_ns) / 1e9 : 0;
}

void kidos_flow_history_free(struct kidos_flow_history *history)
{
	free(history->before);
	free(history->now);
	history->before = history->now = NULL;
	history->mask = 0;
}
