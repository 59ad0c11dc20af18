/* SPDX-License-Identifier: MIT */
#include "engine_alerts.h"
#include "engine_drop_share.h"

static unsigned int slot_in(const struct kidos_world *world, unsigned int ifindex)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (world->ports[i].ifindex == ifindex)
			return world->ports[i].slot;
	return KIDOS_SLOT_OTHER;
}

static unsigned int slot_of(const struct kidos_engine *engine, const struct kidos_drop_key *key)
{
	for (size_t i = 0; i < engine->world_count; i++)
		if (engine->worlds[i].inode == key->netns)
			return slot_in(&engine->worlds[i], key->ifindex);
	return KIDOS_SLOT_OTHER;
}

void kidos_drop_share_add(struct kidos_engine *engine, const struct kidos_drop_key *key,
			  __u64 packets)
{
	unsigned int slot = engine->alerts && key->ifindex ? slot_of(engine, key) : KIDOS_SLOT_OTHER;

	if (slot != KIDOS_SLOT_OTHER)
		kidos_alerts_part(engine, KIDOS_ALERT_DROP_SHARE, slot, packets);
}

void kidos_drop_share_judge(struct kidos_engine *engine)
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];

	for (unsigned int slot = 1; engine->alerts && slot < engine->meta.slots; slot++) {
		if (engine->slots[slot].state != KIDOS_SLOT_ATTACHED)
			kidos_alerts_forget(engine, KIDOS_ALERT_DROP_SHARE, slot);
		else if (!kidos_slot_sums(engine, slot, sums))
			/* skbs, since that is what is dropped */
			kidos_alerts_judge(engine, KIDOS_ALERT_DROP_SHARE, slot,
					   sums[KIDOS_RX].hook_packets +
						   sums[KIDOS_TX].hook_packets);
	}
}
