/* SPDX-License-Identifier: MIT */
#include "drops/share.h"
#include "core/now.h"
#include "core/share.h"
#include "links/conserve_check.h"
#include "links/rule.h"
#include "links/slots.h"

#include <stdlib.h>

/* Of one slot. */
struct share {
	uint64_t drops; /* since the last poll */
	uint64_t packets; /* at the last poll */
	bool based; /* packets is known */
	struct kidos_share open; /* not judged yet */
};

struct kidos_drop_shares {
	struct kidos_context *context;
	double percent;
	struct share slots[];
};

struct kidos_drop_shares *kidos_drop_shares_new(struct kidos_context *context, uint64_t percent)
{
	struct kidos_drop_shares *shares =
		calloc(1, sizeof(*shares) + context->meta.slots * sizeof(shares->slots[0]));

	if (shares) {
		shares->context = context;
		shares->percent = (double)percent;
	}
	return shares;
}

void kidos_drop_shares_free(struct kidos_drop_shares *shares)
{
	free(shares);
}

void kidos_drop_shares_add(struct kidos_drop_shares *shares, const struct kidos_drop_key *key,
			   uint64_t packets)
{
	const struct kidos_port_state *port =
		kidos_port_find(shares->context, key->netns, key->ifindex);

	if (port)
		shares->slots[port->slot].drops += packets;
}

static void raise_event(struct kidos_drop_shares *shares, unsigned int slot, double percent)
{
	const struct kidos_context *context = shares->context;
	struct kidos_alert_event event = {
		.time_ns = kidos_now_ns(CLOCK_BOOTTIME),
		.kind = KIDOS_ALERT_DROP_SHARE,
		.observed = percent,
		.threshold = shares->percent,
	};

	kidos_port_name(context->reserved, &context->slots[slot], event.instance,
			sizeof(event.instance));
	kidos_sinks_give(&context->sinks[KIDOS_SINK_ALERT_EVENT], &event);
}

static void judge(struct kidos_drop_shares *shares, unsigned int slot, uint64_t packets)
{
	struct share *share = &shares->slots[slot];
	double percent;

	if (share->based &&
	    kidos_share_add(&share->open, share->drops, packets - share->packets,
			    kidos_now_ns(CLOCK_BOOTTIME), shares->context->alert_window_ns,
			    kidos_alert_kinds[KIDOS_ALERT_DROP_SHARE].least, &percent) &&
	    shares->percent > 0 && percent > shares->percent)
		raise_event(shares, slot, percent);
	share->drops = 0;
	share->packets = packets;
	share->based = true;
}

/*
 * While packets are not counted, drops are a share of nothing. What arrives at
 * a mirror port are copies of others' packets, all dropped as another host's.
 */
static bool is_judged(const struct kidos_slot *slot)
{
	return slot->state == KIDOS_SLOT_ATTACHED && !slot->mirror;
}

void kidos_drop_shares_judge(struct kidos_drop_shares *shares, const struct kidos_poll *poll)
{
	const struct kidos_context *context = shares->context;
	struct kidos_sum sums[KIDOS_DIRECTIONS];

	for (unsigned int slot = 1; context->alert_window_ns && slot < context->meta.slots;
	     slot++) {
		if (!is_judged(&context->slots[slot])) {
			shares->slots[slot] = (struct share){};
		} else if (poll->counts[slot].read) {
			kidos_totals_sum(poll->counts[slot].totals, sums);
			/* skbs, since that is what is dropped */
			judge(shares, slot,
			      sums[KIDOS_RX].hook_packets + sums[KIDOS_TX].hook_packets);
		}
	}
}
