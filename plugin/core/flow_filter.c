/* SPDX-License-Identifier: MIT */
#include "core/flow_filter.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <stdio.h>
#include <strings.h>

static bool matches_ends(const struct kidos_flow_filter *filter, const struct kidos_flow_key *key)
{
	for (size_t i = 0; i < filter->prefix_count; i++) {
		const struct kidos_prefix *prefix = &filter->prefixes[i];

		if (prefix->ipv4 != kidos_key_is_ipv4(key))
			return false;
		if (!kidos_prefix_holds(prefix, &key->src) &&
		    !kidos_prefix_holds(prefix, &key->dst))
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
