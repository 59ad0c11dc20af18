/* SPDX-License-Identifier: MIT */
/* Any bytes may come from a netlink socket: nothing is over-read, every name ends, and an error's
 * words cannot steer a terminal.
 */
#include "read.h"
#include "netlink/nexthop.h"
#include "netlink/reply.h"
#include "uplink_compare.h"
#include "uplink_route.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the uplink does: save, make the message again, compare. */
static void make_again(const struct nlmsghdr *nlh)
{
	const struct kn_uses uses = { .ifindex = 1 };
	struct kn_journal journal = { .ifindex = 1 };
	struct kn_err err;
	void *buf = malloc(nlh->nlmsg_len + 64);

	kn_route_uses(nlh, &uses);
	if (buf)
		kn_route_again(buf, nlh, 1, 2, NULL);
	free(buf);
	if (kn_journal_add(&journal.routes, "", nlh, nlh->nlmsg_len) < 0)
		abort();
	if (kn_uplink_missing(&journal, &journal, &err))
		abort();
	kn_journal_clear(&journal);
}

static void no_interface_0(unsigned int ifindex, void *data)
{
	(void)data;
	if (!ifindex)
		abort();
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct kn_filter_info filter;
	struct kn_route_info route;
	struct kn_qdisc_info qdisc;
	struct kn_link_info link;
	struct kn_addr_info addr;
	struct kn_nexthop nexthop;

	(void)data;
	if (kn_route_is_default(nlh))
		kn_route_oifs(nlh, no_interface_0, NULL);
	if (kn_nexthop_read(nlh, &nexthop) == 0)
		free(nexthop.members);
	if (kn_read_link(nlh, &link) == 0 &&
	    (strnlen(link.name, sizeof(link.name)) == sizeof(link.name) ||
	     strnlen(link.kind, sizeof(link.kind)) == sizeof(link.kind) ||
	     link.altnames > KN_ALTNAMES))
		abort();
	if (kn_read_addr(nlh, &addr) == 0 && !addr.addr.family)
		abort();
	if (kn_read_route(nlh, &route) == 0)
		make_again(nlh);
	if (kn_read_qdisc(nlh, &qdisc) == 0 && strlen(qdisc.kind) >= sizeof(qdisc.kind))
		abort();
	if (kn_read_filter(nlh, &filter) == 0 && strlen(filter.kind) >= sizeof(filter.kind))
		abort();
	return MNL_CB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kn_reply reply = { .seq = 0, .portid = 0, .each = each };
	void *copy = malloc(size ? size : 1); /* aligned, and as long as it is for ASan */

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	kn_reply_feed(&reply, copy, size);
	for (const char *c = reply.text; *c; c++)
		if ((unsigned char)*c < ' ')
			abort();
	if (reply.error > 0)
		abort();
	free(copy);
	return 0;
}
