/* SPDX-License-Identifier: MIT */
#include "flows/wipe.h"
#include "core/flow_key.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * As a program claims an entry for another flow (flow_table.h): whichever is
 * faster has it. With this key (kidos_key_is_empty) nobody reads the entry
 * until a flow takes it.
 */
static void wipe_entry(struct kidos_flow *flow, struct kidos_flow_detail *detail,
		       const bool slots[KIDOS_SLOTS_MAX])
{
	__u64 state = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE);
	__u64 writing = (__u32)state | KIDOS_STATE_WRITING;

	if (!kidos_state_owner(state) || state & KIDOS_STATE_WRITING ||
	    !slots[kidos_key_slot(&flow->key)])
		return;
	if (__sync_val_compare_and_swap(&flow->state, state, writing) != state)
		return;
	flow->key = (struct kidos_flow_key){ .meta = KIDOS_META_IPV4 };
	flow->marks = 0;
	*detail = (struct kidos_flow_detail){};
	__sync_lock_test_and_set(&flow->bytes, 0);
	__sync_fetch_and_add(&flow->state, KIDOS_STATE_WRITTEN);
}

static int wipe_table(const struct kidos_maps *maps, const bool slots[KIDOS_SLOTS_MAX])
{
	size_t flows_size = maps->sets * sizeof(struct kidos_flow_set);
	size_t details_size = maps->sets * sizeof(struct kidos_detail_set);
	struct kidos_flow_set *flows = mmap(NULL, flows_size, PROT_READ | PROT_WRITE, MAP_SHARED,
					    maps->fd[KIDOS_MAP_FLOWS], 0);
	struct kidos_detail_set *details = mmap(NULL, details_size, PROT_READ | PROT_WRITE,
						MAP_SHARED, maps->fd[KIDOS_MAP_DETAILS], 0);
	int error = flows == MAP_FAILED || details == MAP_FAILED ? -errno : 0;

	for (size_t i = 0; !error && i < maps->sets * KIDOS_WAYS; i++)
		wipe_entry(&flows[i / KIDOS_WAYS].ways[i % KIDOS_WAYS],
			   &details[i / KIDOS_WAYS].ways[i % KIDOS_WAYS], slots);
	if (flows != MAP_FAILED)
		munmap(flows, flows_size);
	if (details != MAP_FAILED)
		munmap(details, details_size);
	return error;
}

int kidos_slots_wipe(const struct kidos_maps *maps, const bool slots[KIDOS_SLOTS_MAX])
{
	int error = maps->meta.baseline ? 0 : wipe_table(maps, slots);

	if (error)
		return error;
	/* A program that was faster may still have to add what it took to `retired`. */
	kidos_programs_wait();
	for (unsigned int slot = 1; !error && slot < maps->meta.slots; slot++)
		if (slots[slot])
			error = kidos_maps_clear_slot(maps, slot);
	return error;
}
