/* SPDX-License-Identifier: MIT */
#include "drops/share.h"
#include "alerts/collector.h"
#include "core/now.h"

#include <stdlib.h>

/* Of one slot: drops since the last poll, packets as they were then, what is not judged yet. */
struct kidos_drop_share {
	uint64_t drops, packets;
	bool based; /* packets is known */
	struct kidos_share open;
};

/* Made at the first use; NULL without alerts or memory. */
static struct kidos_drop_share *shares_of(struct kidos_engine *engine)
{
	if (!engine->drop_shares && engine->alerts)
		engine->drop_shares = calloc(engine->meta.slots, sizeof(*engine->drop_shares));
	return engine->drop_shares;
}

static unsigned int slot_in(const struct kidos_world *world, unsigned int ifindex)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (world->ports[i].ifindex == ifindex)
			return world->ports[i].slot;
	return KIDOS_SLOT_OTHER;
}

static unsigned int slot_of(const struct kidos_engine *engine, const struct kidos_drop_key *key)
{
	for (size_t i = 0; key->ifindex && i < engine->world_count; i++)
		if (engine->worlds[i].inode == key->netns)
			return slot_in(&engine->worlds[i], key->ifindex);
	return KIDOS_SLOT_OTHER;
}

void kidos_drop_share_add(struct kidos_engine *engine, const struct kidos_drop_key *key,
			  __u64 packets)
{
	struct kidos_drop_share *shares = shares_of(engine);

	if (shares)
		shares[slot_of(engine, key)].drops += packets;
}

static void raise_alert(struct kidos_engine *engine, unsigned int slot, double percent)
{
	struct kidos_alert alert = {
		.time_ns = kidos_now_ns(CLOCK_BOOTTIME),
		.kind = KIDOS_ALERT_DROP_SHARE,
		.observed = percent,
		.threshold = (double)engine->config->drop_share,
	};

	kidos_port_name(&engine->slots[slot], alert.instance, sizeof(alert.instance));
	kidos_alerts_raise(engine, &alert);
}

static void judge(struct kidos_engine *engine, unsigned int slot, uint64_t packets)
{
	struct kidos_drop_share *share = &engine->drop_shares[slot];
	const uint64_t window_ns = engine->config->alert_window * 1000000000u;
	double percent;

	if (share->based &&
	    kidos_share_add(&share->open, share->drops, packets - share->packets,
			    kidos_now_ns(CLOCK_BOOTTIME), window_ns,
			    kidos_alert_rules[KIDOS_ALERT_DROP_SHARE].least, &percent) &&
	    engine->config->drop_share && percent > (double)engine->config->drop_share)
		raise_alert(engine, slot, percent);
	share->drops = 0;
	share->packets = packets;
	share->based = true;
}

void kidos_drop_share_judge(struct kidos_engine *engine, const struct kidos_slot_counts *counts)
{
	struct kidos_drop_share *shares = shares_of(engine);
	struct kidos_sum sums[KIDOS_DIRECTIONS];

	for (unsigned int slot = 1; shares && slot < engine->meta.slots; slot++) {
		/* While packets are not counted, drops are a share of nothing. */
		if (engine->slots[slot].state != KIDOS_SLOT_ATTACHED) {
			shares[slot] = (struct kidos_drop_share){};
		} else if (counts[slot].read) {
			kidos_totals_sum(counts[slot].totals, sums);
			/* skbs, since that is what is dropped */
			judge(engine, slot,
			      sums[KIDOS_RX].hook_packets + sums[KIDOS_TX].hook_packets);
		}
	}
}

void kidos_drop_share_close(struct kidos_engine *engine)
{
	free(engine->drop_shares);
	engine->drop_shares = NULL;
}
