/* SPDX-License-Identifier: MIT */
#include "flow_filter.h"
#include "flow_key.h"
#include "names.h"
#include "text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool holds(const struct kidos_prefix *prefix, const union kidos_address *address)
{
	union kidos_address masked = *address;

	kidos_address_mask(&masked, prefix->ipv4, prefix->bits);
	return !memcmp(&masked, &prefix->address, sizeof(masked));
}

static bool matches_ends(const struct kidos_flow_filter *filter, const struct kidos_flow_key *key)
{
	for (size_t i = 0; i < filter->prefix_count; i++) {
		const struct kidos_prefix *prefix = &filter->prefixes[i];

		if (prefix->ipv4 != kidos_key_is_ipv4(key))
			return false;
		if (!holds(prefix, &key->src) && !holds(prefix, &key->dst))
			return false;
	}
	for (size_t i = 0; i < filter->port_count; i++)
		if (filter->ports[i] != key->sport && filter->ports[i] != key->dport)
			return false;
	return !filter->port_count || kidos_key_has_ports(key);
}

bool kidos_flow_matches(const struct kidos_flow_filter *filter, const struct kidos_flow_key *key)
{
	if (filter->slots && !filter->slots[kidos_key_slot(key)])
		return false;
	if (filter->direction != KIDOS_FILTER_ANY &&
	    filter->direction != (int)kidos_key_direction(key))
		return false;
	if (filter->protocol != KIDOS_FILTER_ANY &&
	    filter->protocol != (int)kidos_key_protocol(key))
		return false;
	return matches_ends(filter, key);
}

static bool parse_address(const char *text, struct kidos_prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->ipv4 = inet_pton(AF_INET, text, &prefix->address.words[3]) == 1;
	if (!prefix->ipv4)
		return inet_pton(AF_INET6, text, prefix->address.bytes) == 1;
	prefix->address.bytes[10] = prefix->address.bytes[11] = 0xff;
	return true;
}

bool kidos_prefix_parse(const char *text, struct kidos_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[KIDOS_TEXT_ADDRESS];
	uint64_t bits, most;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!parse_address(address, prefix))
		return false;
	bits = most = prefix->ipv4 ? 32 : 128;
	if (slash && !kidos_text_number(slash + 1, 0, most, &bits))
		return false;
	prefix->bits = (unsigned int)bits;
	kidos_address_mask(&prefix->address, prefix->ipv4, prefix->bits);
	return true;
}

bool kidos_protocol_parse(const char *text, int *protocol)
{
	char buffer[8];

	/* A protocol without a name is written as its number, so one loop reads both. */
	for (int i = 0; i < 256; i++) {
		uint64_t number;

		if (!strcasecmp(text, kidos_protocol_name((unsigned int)i, buffer)) ||
		    (kidos_text_number(text, 0, 255, &number) && number == (uint64_t)i)) {
			*protocol = i;
			return true;
		}
	}
	return false;
}
