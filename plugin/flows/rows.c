/* SPDX-License-Identifier: MIT */
#include "flows/rows.h"

#include <stdlib.h>
#include <string.h>

const char *const kidos_flow_sort_names[KIDOS_SORTS] = { "bytes", "packets", "last", "first" };

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int kidos_flow_row_compare(const struct kidos_flow_row *a, const struct kidos_flow_row *b,
			   enum kidos_flow_sort sort)
{
	const struct {
		uint64_t a, b;
	} by[KIDOS_SORTS][2] = {
		[KIDOS_SORT_BYTES] = { { a->new_bytes, b->new_bytes },
				       { a->view.bytes, b->view.bytes } },
		[KIDOS_SORT_PACKETS] = { { a->new_packets, b->new_packets },
					 { a->view.packets, b->view.packets } },
		[KIDOS_SORT_LAST] = { { a->view.last_ns, b->view.last_ns },
				      { a->view.bytes, b->view.bytes } },
		[KIDOS_SORT_FIRST] = { { a->view.first_ns, b->view.first_ns },
				       { a->view.bytes, b->view.bytes } },
	};

	for (int i = 0; i < 2; i++)
		if (by[sort][i].a != by[sort][i].b)
			return compare_numbers(by[sort][i].a, by[sort][i].b);
	/* Equal rows keep one order from run to run. */
	return memcmp(&b->view.key, &a->view.key, sizeof(a->view.key));
}

static bool grow(struct kidos_flow_top *top)
{
	size_t room = top->room ? 2 * top->room : 64;
	struct kidos_flow_row *rows = reallocarray(top->rows, room, sizeof(*rows));

	if (!rows)
		return false;
	top->rows = rows;
	top->room = room;
	return true;
}

static bool before(const struct kidos_flow_top *top, size_t a, size_t b)
{
	return kidos_flow_row_compare(&top->rows[a], &top->rows[b], top->sort) > 0;
}

static void swap(struct kidos_flow_top *top, size_t a, size_t b)
{
	struct kidos_flow_row row = top->rows[a];

	top->rows[a] = top->rows[b];
	top->rows[b] = row;
}

static void rise(struct kidos_flow_top *top, size_t at)
{
	for (; at && before(top, (at - 1) / 2, at); at = (at - 1) / 2)
		swap(top, at, (at - 1) / 2);
}

static void sink(struct kidos_flow_top *top, size_t at)
{
	for (size_t child = 2 * at + 1; child < top->count; child = 2 * at + 1) {
		if (child + 1 < top->count && before(top, child, child + 1))
			child++;
		if (!before(top, at, child))
			return;
		swap(top, at, child);
		at = child;
	}
}

bool kidos_flow_top_offer(struct kidos_flow_top *top, const struct kidos_flow_row *row)
{
	if (top->limit && top->count == top->limit) {
		if (kidos_flow_row_compare(row, &top->rows[0], top->sort) <= 0)
			return true;
		top->rows[0] = *row;
		sink(top, 0);
		return true;
	}
	if (top->count == top->room && !grow(top))
		return false;
	top->rows[top->count] = *row;
	if (top->limit)
		rise(top, top->count);
	top->count++;
	return true;
}

static int descending(const void *a, const void *b, void *context)
{
	const struct kidos_flow_top *top = context;

	return kidos_flow_row_compare(b, a, top->sort);
}

void kidos_flow_top_finish(struct kidos_flow_top *top)
{
	if (top->count)
		qsort_r(top->rows, top->count, sizeof(*top->rows), descending, top);
}

void kidos_flow_top_free(struct kidos_flow_top *top)
{
	free(top->rows);
	top->rows = NULL;
	top->count = top->room = 0;
}
