/* SPDX-License-Identifier: MIT */
#include "flows/group.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_V4 24
#define PREFIX_V6 64

const char *const kidos_flow_group_names[KIDOS_GROUPS] = {
	[KIDOS_GROUP_NONE] = "none",
	[KIDOS_GROUP_SRC] = "src",
	[KIDOS_GROUP_DST] = "dst",
	[KIDOS_GROUP_HOST] = "host",
	[KIDOS_GROUP_PORT] = "port",
	[KIDOS_GROUP_PROTO] = "proto",
	[KIDOS_GROUP_INTERFACE] = "interface",
	[KIDOS_GROUP_PREFIX] = "prefix",
};

static bool parse_lengths(const char *text, struct kidos_flow_grouping *grouping)
{
	const char *comma = strchr(text, ',');
	uint64_t v4 = PREFIX_V4, v6 = PREFIX_V6;
	char first[8];

	snprintf(first, sizeof(first), "%.*s", comma ? (int)(comma - text) : 7, text);
	if (comma &&
	    (!kidos_text_number(first, 0, 32, &v4) || !kidos_text_number(comma + 1, 0, 128, &v6)))
		return false;
	if (!comma && !kidos_text_number(text, 0, 32, &v4) &&
	    !kidos_text_number(text, 33, 128, &v6))
		return false;
	*grouping = (struct kidos_flow_grouping){
		.by = KIDOS_GROUP_PREFIX,
		.bits_v4 = (unsigned int)v4,
		.bits_v6 = (unsigned int)v6,
	};
	return true;
}

bool kidos_flow_grouping_parse(const char *text, struct kidos_flow_grouping *grouping)
{
	for (int by = KIDOS_GROUP_SRC; by < KIDOS_GROUP_PREFIX; by++) {
		if (strcmp(text, kidos_flow_group_names[by]))
			continue;
		*grouping = (struct kidos_flow_grouping){ .by = (enum kidos_flow_group_by)by };
		return true;
	}
	return parse_lengths(text, grouping);
}

static struct kidos_flow_key address_key(const struct kidos_flow_grouping *grouping,
					 const struct kidos_flow_key *key,
					 const union kidos_address *address)
{
	struct kidos_flow_key made = { .src = *address, .meta = key->meta & KIDOS_META_IPV4 };
	bool ipv4 = kidos_key_is_ipv4(key);

	if (grouping->by == KIDOS_GROUP_PREFIX)
		kidos_address_mask(&made.src, ipv4, ipv4 ? grouping->bits_v4 : grouping->bits_v6);
	return made;
}

static unsigned int port_keys(const struct kidos_flow_key *key, struct kidos_flow_key keys[2])
{
	memset(keys, 0, 2 * sizeof(*keys));
	if (!kidos_key_has_ports(key))
		return 1;
	keys[0].sport = key->sport;
	keys[1].sport = key->dport;
	return key->sport == key->dport ? 1 : 2;
}

unsigned int kidos_flow_group_keys(const struct kidos_flow_grouping *grouping,
				   const struct kidos_flow_key *key, struct kidos_flow_key keys[2])
{
	switch (grouping->by) {
	case KIDOS_GROUP_SRC:
		keys[0] = address_key(grouping, key, &key->src);
		return 1;
	case KIDOS_GROUP_DST:
		keys[0] = address_key(grouping, key, &key->dst);
		return 1;
	case KIDOS_GROUP_HOST:
	case KIDOS_GROUP_PREFIX:
		keys[0] = address_key(grouping, key, &key->src);
		keys[1] = address_key(grouping, key, &key->dst);
		return memcmp(&keys[0], &keys[1], sizeof(keys[0])) ? 2 : 1;
	case KIDOS_GROUP_PORT:
		return port_keys(key, keys);
	case KIDOS_GROUP_PROTO:
		keys[0] = (struct kidos_flow_key){ .meta = kidos_key_protocol(key) };
		return 1;
	case KIDOS_GROUP_INTERFACE:
		keys[0] = (struct kidos_flow_key){
			.meta = key->meta & KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT,
		};
		return 1;
	default:
		keys[0] = *key;
		return 1;
	}
}

static uint32_t *place_of(const struct kidos_flow_groups *groups, const struct kidos_flow_key *key)
{
	size_t mask = 2 * groups->room - 1;
	size_t at = kidos_key_hash(key, groups->seed) & mask;

	while (groups->places[at] &&
	       memcmp(&groups->rows[groups->places[at] - 1].view.key, key, sizeof(*key)))
		at = (at + 1) & mask;
	return &groups->places[at];
}

static bool grow(struct kidos_flow_groups *groups)
{
	size_t room = groups->room ? 2 * groups->room : 256;
	struct kidos_flow_row *rows = reallocarray(groups->rows, room, sizeof(*rows));
	uint32_t *places = rows ? calloc(2 * room, sizeof(*places)) : NULL;

	if (rows)
		groups->rows = rows;
	if (!places)
		return false;
	free(groups->places);
	groups->places = places;
	groups->room = room;
	for (size_t i = 0; i < groups->count; i++)
		*place_of(groups, &rows[i].view.key) = (uint32_t)(i + 1);
	return true;
}

static void add_to(struct kidos_flow_row *sum, const struct kidos_flow_row *row)
{
	sum->view.packets += row->view.packets;
	sum->view.bytes += row->view.bytes;
	sum->new_packets += row->new_packets;
	sum->new_bytes += row->new_bytes;
	sum->flows += row->flows;
	sum->view.tcp_flags |= row->view.tcp_flags;
	sum->view.idle &= row->view.idle;
	if (row->view.first_ns < sum->view.first_ns)
		sum->view.first_ns = row->view.first_ns;
	if (row->view.last_ns > sum->view.last_ns)
		sum->view.last_ns = row->view.last_ns;
}

static bool add_one(struct kidos_flow_groups *groups, const struct kidos_flow_key *key,
		    const struct kidos_flow_row *row)
{
	uint32_t *place;

	if (groups->count == groups->room && !grow(groups))
		return false;
	place = place_of(groups, key);
	if (*place) {
		add_to(&groups->rows[*place - 1], row);
		return true;
	}
	groups->rows[groups->count] = *row;
	groups->rows[groups->count].view.key = *key;
	*place = (uint32_t)++groups->count;
	return true;
}

bool kidos_flow_groups_add(struct kidos_flow_groups *groups, const struct kidos_flow_row *row)
{
	struct kidos_flow_key keys[2];
	unsigned int count = kidos_flow_group_keys(&groups->grouping, &row->view.key, keys);

	for (unsigned int i = 0; i < count; i++)
		if (!add_one(groups, &keys[i], row))
			return false;
	return true;
}

void kidos_flow_groups_free(struct kidos_flow_groups *groups)
{
	free(groups->rows);
	free(groups->places);
	groups->rows = NULL;
	groups->places = NULL;
	groups->count = groups->room = 0;
}

void kidos_flow_group_text(const struct kidos_flow_grouping *grouping,
			   const struct kidos_flow_key *key, char text[KIDOS_TEXT_GROUP])
{
	bool ipv4 = kidos_key_is_ipv4(key);
	char address[KIDOS_TEXT_ADDRESS], number[8];

	kidos_address_text(&key->src, ipv4, address);
	switch (grouping->by) {
	case KIDOS_GROUP_PORT:
		snprintf(text, KIDOS_TEXT_GROUP, "%u", key->sport);
		break;
	case KIDOS_GROUP_PROTO:
		snprintf(text, KIDOS_TEXT_GROUP, "%s",
			 kidos_protocol_name(kidos_key_protocol(key), number));
		break;
	case KIDOS_GROUP_PREFIX:
		snprintf(text, KIDOS_TEXT_GROUP, "%s/%u", address,
			 ipv4 ? grouping->bits_v4 : grouping->bits_v6);
		break;
	default:
		snprintf(text, KIDOS_TEXT_GROUP, "%s", address);
	}
}
