/* SPDX-License-Identifier: MIT */
#include "settle.h"
#include "stop.h"

#include <net/if.h>

#define STEP_MS 20
#define MAX_MS 2000

/* A link that waits for its peer's carrier and will have it: both ends are to be up. */
static bool waits(const struct kn_link *link)
{
	return link->kind == KN_VETH && link->up && link->peer->up && link->n_addrs;
}

/* The kernel lets a veth's new carrier be known up to a second late (linkwatch works once a second,
 * and takes only links whose peer has another number for urgent); until then IPv6 does not answer
 * neighbours. From 6.9 on the question itself speeds it up.
 */
void kn_settle(struct kn_world *world)
{
	unsigned int waited = 0;
	struct kn_link_info info;
	struct kn_err err;

	for (size_t i = 0; i < world->topo->n_links; i++) {
		const struct kn_link *link = &world->topo->links[i];

		if (!waits(link))
			continue;
		for (; waited < MAX_MS; waited += STEP_MS) {
			if (kn_world_link(world, link->ns, link->name, &info, &err) ||
			    (info.flags & IFF_RUNNING) || !kn_stop_pause(STEP_MS))
				break;
		}
	}
}
