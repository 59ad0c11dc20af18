/* SPDX-License-Identifier: MIT */
#include "links/recover.h"
#include "links/attach.h"
#include "links/netns.h"
#include "links/xdp_share.h"

static void recover_direction(const struct kidos_slot *slot, unsigned int direction)
{
	struct kidos_attachment attachment = {
		.rung = KIDOS_RUNG_CLSACT,
		.link = -1,
		.ifindex = slot->ifindex,
		.program = slot->program[direction],
		.priority = slot->priority[direction],
	};

	if (slot->rung[direction] == KIDOS_RUNG_CLSACT)
		kidos_detach(&attachment, direction);
}

static void recover_slot(const struct kidos_slot *slot, const struct kidos_shared *shared)
{
	struct kidos_attachment qdisc = { .link = -1,
					  .ifindex = slot->ifindex,
					  .made_clsact = true };

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		recover_direction(slot, d);
	kidos_share_detach(slot->ifindex, shared);
	if (slot->made_clsact)
		kidos_detach(&qdisc, KIDOS_RX);
}

void kidos_recover(const struct kidos_maps *old)
{
	struct kidos_shared shared = { .map = kidos_traffic_map(old) };
	struct kidos_netns_visit visit;
	struct kidos_slot slot;

	for (unsigned int i = 1; i < old->meta.slots; i++) {
		if (kidos_maps_slot(old, i, &slot) || !slot.ifindex)
			continue;
		if (kidos_netns_enter(slot.netns, &visit))
			continue;
		recover_slot(&slot, &shared);
		kidos_netns_leave(&visit);
	}
	kidos_share_unpin(&shared);
}
