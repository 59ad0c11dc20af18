/* SPDX-License-Identifier: MIT */
/*
 * series_key.h: what makes one series of flows, and its name. Both directions
 * of a flow have one key: local is where received packets go to.
 */
#ifndef KIDOS_FLOWS_SERIES_KEY_H
#define KIDOS_FLOWS_SERIES_KEY_H

#include "core/prefix.h"
#include "core/privacy.h"
#include "flows/settings.h"

#include <stdint.h>

/* Compared as bytes: unused parts are 0. */
struct kidos_series_key {
	union kidos_address local, remote;
	uint16_t lport, rport;
	uint16_t slot;
	uint8_t protocol;
	uint8_t ipv4;
	uint8_t local_bits, remote_bits; /* of 32 or 128 */
	uint8_t group; /* all traffic of a group, whose prefix is remote */
	uint8_t pad[5];
};
_Static_assert(sizeof(struct kidos_series_key) == 48, "series key");

/* A prefix as two words to compare. */
struct kidos_series_mask {
	union kidos_address address, mask;
	uint8_t ipv4, bits;
};

/* FlowKey, Group and GroupPrefix, prepared. */
struct kidos_series_rule {
	enum kidos_series_by by;
	struct kidos_series_mask shown[2]; /* of IPv6 and IPv4, by <Privacy>; address unused */
	struct kidos_series_mask cut[2]; /* GroupPrefix, no longer than what is shown */
	struct kidos_series_mask groups[KIDOS_GROUPS_MAX]; /* longest first */
	size_t group_count;
};

void kidos_series_rule_init(struct kidos_series_rule *rule,
			    const struct kidos_flow_settings *settings,
			    const struct kidos_privacy *privacy);

/* The key of the series that a flow belongs to; false if it has none (FlowKey "group"). */
bool kidos_series_key_of(const struct kidos_series_rule *rule, const struct kidos_flow_key *flow,
			 struct kidos_series_key *key);

/* The key of a whole group on an interface. */
void kidos_series_group_key(const struct kidos_series_rule *rule, size_t group, unsigned int slot,
			    struct kidos_series_key *key);

/*
 * A sum of products, which do not depend on each other, and one round of
 * mixing. Words are put together from fields: that avoids a store-forwarding
 * stall.
 */
static inline uint64_t kidos_series_hash(const struct kidos_series_key *key, uint64_t seed)
{
	uint64_t ports = (uint64_t)key->lport << 16 | key->rport | (uint64_t)key->slot << 32;
	uint64_t rest = (uint64_t)key->local_bits << 8 | key->remote_bits |
			(uint64_t)key->protocol << 16 | (uint64_t)key->ipv4 << 24 |
			(uint64_t)key->group << 32;
	uint64_t hash = (key->local.halves[0] ^ seed) * 0x9e3779b97f4a7c15 +
			(key->local.halves[1] ^ key->local.halves[1] >> 32) * 0xd1b54a32d192ed03 +
			(key->remote.halves[0] ^ seed >> 7) * 0xabc98388fb8fac03 +
			(key->remote.halves[1] ^ key->remote.halves[1] >> 32) * 0x8cb92ba72f3d8dd7 +
			(ports ^ seed) * 0xe7037ed1a0b428db + rest * 0xa0761d6478bd642f;

	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 29;
}

bool kidos_series_equal(const struct kidos_series_key *a, const struct kidos_series_key *b);

/* collectd's DATA_MAX_NAME_LEN; the longest name there is takes 113. */
#define KIDOS_SERIES_NAME 128

/*
 * "flow_tcp_10.0.0.0p24_443_192.0.2.0p24_0", "group_10.0.0.0p8". No slash: it
 * is the name of an RRD file.
 */
void kidos_series_name(const struct kidos_series_key *key, char name[KIDOS_SERIES_NAME]);

#endif
