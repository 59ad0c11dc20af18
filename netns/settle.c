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

/* The kernel reports a veth's new carrier up to a second late: linkwatch runs once a second, except
 * for links whose peer has another ifindex. Until then IPv6 does not answer neighbours. Since 6.9 a
 * link request speeds it up.
 */
void kn_settle(struct kn_nets *nets)
{
	unsigned int waited = 0;
	struct kn_link_info info;
	struct kn_err err;

	for (size_t i = 0; i < nets->topo->n_links; i++) {
		const struct kn_link *link = &nets->topo->links[i];

		if (!waits(link))
			continue;
		for (; waited < MAX_MS; waited += STEP_MS) {
			if (kn_nets_link(nets, link->ns, link->name, &info, &err) ||
			    (info.flags & IFF_RUNNING) || !kn_stop_pause(STEP_MS))
				break;
		}
	}
}
