/* SPDX-License-Identifier: MIT */
#include "alerts/protocols.h"
#include "core/flow_key.h"
#include "core/names.h"

#include <netinet/in.h>
#include <stdlib.h>

#define ROOM 64u /* protocols of interfaces, in one poll */

struct spoken {
	struct kidos_flow_key example;
	uint64_t packets;
};

struct kidos_protocols {
	struct kidos_rules_base base;
	bool ordinary[256];
	size_t count;
	struct spoken items[ROOM];
};

uint64_t kidos_protocols_bytes(void)
{
	return sizeof(struct kidos_protocols);
}

struct kidos_protocols *kidos_protocols_new(const struct kidos_rules_base *base)
{
	static const unsigned char ordinary[] = { IPPROTO_ICMP, IPPROTO_IGMP,  IPPROTO_TCP,
						  IPPROTO_UDP,  IPPROTO_GRE,   IPPROTO_ESP,
						  IPPROTO_AH,   IPPROTO_ICMPV6 };
	struct kidos_protocols *protocols = calloc(1, sizeof(*protocols));

	if (!protocols)
		return NULL;
	protocols->base = *base;
	for (size_t i = 0; i < sizeof(ordinary); i++)
		protocols->ordinary[ordinary[i]] = true;
	return protocols;
}

void kidos_protocols_free(struct kidos_protocols *protocols)
{
	free(protocols);
}

static bool is_same(const struct kidos_flow_key *a, const struct kidos_flow_key *b)
{
	return kidos_key_slot(a) == kidos_key_slot(b) &&
	       kidos_key_protocol(a) == kidos_key_protocol(b);
}

static struct spoken *spoken_of(struct kidos_protocols *protocols, const struct kidos_flow_key *key)
{
	struct spoken *item = protocols->items;

	for (; item < &protocols->items[protocols->count]; item++)
		if (is_same(&item->example, key))
			return item;
	if (protocols->count == ROOM) {
		++*protocols->base.unjudged;
		return NULL;
	}
	protocols->count++;
	*item = (struct spoken){ .example = *key };
	return item;
}

void kidos_protocols_see(struct kidos_protocols *protocols, const struct kidos_flow_seen *seen)
{
	struct spoken *item;

	if (protocols->ordinary[kidos_key_protocol(seen->key)] || !seen->gained.packets ||
	    !kidos_key_slot(seen->key) ||
	    kidos_exempts_flow(protocols->base.exempts, KIDOS_ALERT_UNUSUAL_PROTOCOL, seen->key))
		return;
	item = spoken_of(protocols, seen->key);
	if (item)
		item->packets += seen->gained.packets;
}

void kidos_protocols_judge(struct kidos_protocols *protocols)
{
	char number[8];

	for (size_t i = 0; i < protocols->count; i++) {
		const struct spoken *item = &protocols->items[i];
		const struct kidos_observed observed = {
			.kind = KIDOS_ALERT_UNUSUAL_PROTOCOL,
			.slot = kidos_key_slot(&item->example),
			.value = (double)item->packets,
			.threshold = 1,
			.flow = &item->example,
			.subject = kidos_protocol_name(kidos_key_protocol(&item->example), number),
		};

		kidos_rule_observe(&protocols->base, &observed);
	}
	protocols->count = 0;
}
