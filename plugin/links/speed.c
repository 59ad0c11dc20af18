/* SPDX-License-Identifier: MIT */
#include "links/speed.h"
#include "links/mnl_links.h"

#include <linux/ethtool.h>
#include <stddef.h>

#define MEGABIT 1000000u

/* The modes behind the fixed part are not asked for: it takes two calls to have them. */
static uint64_t ask(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE])
{
	struct ethtool_cmd command = { .cmd = ETHTOOL_GSET };
	uint32_t speed;

	if (kidos_rtnl_ethtool(rtnl, name, &command))
		return 0;
	speed = ethtool_cmd_speed(&command);
	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : (uint64_t)speed * MEGABIT;
}

uint64_t kidos_slot_speed(const struct kidos_context *context, unsigned int slot)
{
	for (size_t i = 0; i < context->namespace_count; i++) {
		const struct kidos_namespace *ns = &context->namespaces[i];

		for (size_t j = 0; ns->rtnl && j < ns->port_count; j++)
			if (ns->ports[j].slot == slot)
				return ask(ns->rtnl, ns->ports[j].name);
	}
	return 0;
}
