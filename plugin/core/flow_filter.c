/* SPDX-License-Identifier: MIT */
#include "core/flow_filter.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <stdio.h>
#include <strings.h>

static bool prefix_holds(const struct kidos_prefix *prefix, const struct kidos_flow_key *key,
			 const union kidos_address *address)
{
	return prefix->ipv4 == kidos_key_is_ipv4(key) && kidos_prefix_holds(prefix, address);
}

static bool matches_end(const struct kidos_filter_end *end, const struct kidos_flow_key *key,
			const union kidos_address *address, unsigned int port)
{
	if (end->has_prefix && !prefix_holds(&end->prefix, key, address))
		return false;
	return end->port == KIDOS_FILTER_ANY || end->port == (int)port;
}

static bool matches_ends(const struct kidos_flow_filter *filter, const struct kidos_flow_key *key)
{
	for (size_t i = 0; i < filter->prefix_count; i++)
		if (!prefix_holds(&filter->prefixes[i], key, &key->src) &&
		    !prefix_holds(&filter->prefixes[i], key, &key->dst))
			return false;
	for (size_t i = 0; i < filter->port_count; i++)
		if (filter->ports[i] != key->sport && filter->ports[i] != key->dport)
			return false;
	return matches_end(&filter->src, key, &key->src, key->sport) &&
	       matches_end(&filter->dst, key, &key->dst, key->dport) &&
	       (!kidos_flow_filter_has_port(filter) || kidos_key_has_ports(key));
}

bool kidos_flow_filter_has_address(const struct kidos_flow_filter *filter)
{
	return filter->prefix_count || filter->src.has_prefix || filter->dst.has_prefix;
}

bool kidos_flow_filter_has_port(const struct kidos_flow_filter *filter)
{
	return filter->port_count || filter->src.port != KIDOS_FILTER_ANY ||
	       filter->dst.port != KIDOS_FILTER_ANY;
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
	if (filter->vlan != KIDOS_FILTER_ANY && filter->vlan != (int)kidos_key_vlan(key))
		return false;
	return matches_ends(filter, key);
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
