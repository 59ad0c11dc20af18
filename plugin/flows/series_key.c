/* SPDX-License-Identifier: MIT */
#include "flows/series_key.h"
#include "core/flow_key.h"
#include "core/names.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPHEMERAL 32768 /* where Linux's own client ports begin (ip_local_port_range) */

static struct kidos_series_mask mask_of(bool ipv4, unsigned int bits)
{
	struct kidos_series_mask mask = { .ipv4 = ipv4, .bits = (uint8_t)bits };

	memset(&mask.mask, 0xff, sizeof(mask.mask));
	kidos_address_mask(&mask.mask, ipv4, bits);
	return mask;
}

static unsigned int shorter(uint64_t bits, unsigned int shown)
{
	return bits < shown ? (unsigned int)bits : shown;
}

/* Full lengths stand side by side with shorter ones: of any family, longest first. */
static int longest_first(const void *a, const void *b)
{
	const struct kidos_series_mask *left = a, *right = b;

	return (int)right->bits - (int)left->bits;
}

void kidos_series_rule_init(struct kidos_series_rule *rule,
			    const struct kidos_flow_settings *settings,
			    const struct kidos_privacy *privacy)
{
	unsigned int shown6 = 128u - privacy->hidden_v6, shown4 = 32u - privacy->hidden_v4;
	struct kidos_prefix prefix;

	*rule = (struct kidos_series_rule){ .by = settings->flow_key };
	rule->shown[false] = mask_of(false, shown6);
	rule->shown[true] = mask_of(true, shown4);
	rule->cut[false] = mask_of(false, shorter(settings->group_prefix.v6, shown6));
	rule->cut[true] = mask_of(true, shorter(settings->group_prefix.v4, shown4));
	for (size_t i = 0; i < settings->groups.count && i < KIDOS_GROUPS_MAX; i++) {
		if (!kidos_prefix_parse(settings->groups.items[i], &prefix))
			continue;
		rule->groups[rule->group_count] = mask_of(prefix.ipv4, prefix.bits);
		rule->groups[rule->group_count++].address = prefix.address;
	}
	qsort(rule->groups, rule->group_count, sizeof(rule->groups[0]), longest_first);
}

static inline void cut(const union kidos_address *mask, union kidos_address *address)
{
	address->halves[0] &= mask->halves[0];
	address->halves[1] &= mask->halves[1];
}

static inline const struct kidos_series_mask *group_of(const struct kidos_series_rule *rule,
						       bool ipv4,
						       const union kidos_address *address)
{
	for (size_t i = 0; i < rule->group_count; i++) {
		const struct kidos_series_mask *group = &rule->groups[i];

		if (group->ipv4 == ipv4 &&
		    (address->halves[0] & group->mask.halves[0]) == group->address.halves[0] &&
		    (address->halves[1] & group->mask.halves[1]) == group->address.halves[1])
			return group;
	}
	return NULL;
}

static uint8_t cut_to_prefix(const struct kidos_series_rule *rule, bool ipv4,
			     union kidos_address *address)
{
	const struct kidos_series_mask *mask = group_of(rule, ipv4, address);

	if (!mask)
		mask = &rule->cut[ipv4];
	cut(&mask->mask, address);
	return mask->bits;
}

/* The service is the lower port; a client's own port would make a series of each connection. */
static void keep_service(struct kidos_series_key *key)
{
	uint16_t lower = key->lport < key->rport ? key->lport : key->rport;

	key->lport = key->lport == lower && lower < EPHEMERAL ? lower : 0;
	key->rport = key->rport == lower && lower < EPHEMERAL ? lower : 0;
}

static void set_group(const struct kidos_series_mask *group, struct kidos_series_key *key)
{
	*key = (struct kidos_series_key){ .remote = group->address,
					  .slot = key->slot,
					  .ipv4 = group->ipv4,
					  .remote_bits = group->bits,
					  .group = 1 };
}

static bool by_group(const struct kidos_series_rule *rule, struct kidos_series_key *key)
{
	const struct kidos_series_mask *group = group_of(rule, key->ipv4, &key->remote);

	if (!group)
		group = group_of(rule, key->ipv4, &key->local);
	if (group)
		set_group(group, key);
	return group;
}

bool kidos_series_key_of(const struct kidos_series_rule *rule, const struct kidos_flow_key *flow,
			 struct kidos_series_key *key)
{
	bool rx = kidos_key_direction(flow) == KIDOS_RX, ipv4 = kidos_key_is_ipv4(flow);
	unsigned int protocol = kidos_key_protocol(flow);
	bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;

	*key = (struct kidos_series_key){
		.local = rx ? flow->dst : flow->src,
		.remote = rx ? flow->src : flow->dst,
		.lport = rx ? flow->dport : flow->sport,
		.rport = rx ? flow->sport : flow->dport,
		.slot = (uint16_t)kidos_key_slot(flow),
		.protocol = (uint8_t)protocol,
		.ipv4 = ipv4,
		.local_bits = rule->shown[ipv4].bits,
		.remote_bits = rule->shown[ipv4].bits,
	};
	/* Type and code differ between request and reply; the identifier is in sport of both. */
	if (icmp) {
		key->lport = flow->sport;
		key->rport = 0;
	}
	if (rule->by == KIDOS_SERIES_GROUP)
		return by_group(rule, key);
	if (rule->by == KIDOS_SERIES_FIVE_TUPLE) {
		cut(&rule->shown[ipv4].mask, &key->local);
		cut(&rule->shown[ipv4].mask, &key->remote);
		return true;
	}
	key->local_bits = cut_to_prefix(rule, ipv4, &key->local);
	key->remote_bits = cut_to_prefix(rule, ipv4, &key->remote);
	if (icmp)
		key->lport = 0;
	else
		keep_service(key);
	return true;
}

void kidos_series_group_key(const struct kidos_series_rule *rule, size_t group, unsigned int slot,
			    struct kidos_series_key *key)
{
	key->slot = (uint16_t)slot;
	set_group(&rule->groups[group], key);
}

bool kidos_series_equal(const struct kidos_series_key *a, const struct kidos_series_key *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* "10.0.0.0p8"; an address alone has no length. */
static void end_text(const union kidos_address *address, bool ipv4, unsigned int bits,
		     char text[KIDOS_TEXT_ADDRESS + 8])
{
	size_t used;

	kidos_address_text(address, ipv4, text);
	used = strlen(text);
	if (bits < (ipv4 ? 32u : 128u))
		snprintf(text + used, KIDOS_TEXT_ADDRESS + 8 - used, "p%u", bits);
}

void kidos_series_name(const struct kidos_series_key *key, char name[KIDOS_SERIES_NAME])
{
	char local[KIDOS_TEXT_ADDRESS + 8], remote[KIDOS_TEXT_ADDRESS + 8], number[8];

	end_text(&key->remote, key->ipv4, key->remote_bits, remote);
	if (key->group) {
		snprintf(name, KIDOS_SERIES_NAME, "group_%s", remote);
		return;
	}
	end_text(&key->local, key->ipv4, key->local_bits, local);
	snprintf(name, KIDOS_SERIES_NAME, "flow_%s_%s_%u_%s_%u",
		 kidos_protocol_name(key->protocol, number), local, key->lport, remote, key->rport);
}
