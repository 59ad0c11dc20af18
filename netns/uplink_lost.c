/* SPDX-License-Identifier: MIT */
#include "uplink_lost.h"

#include <stdio.h>
#include <string.h>

struct qdiscs {
	int ifindex;
	char text[256];
};

static void begin(void *data)
{
	((struct qdiscs *)data)->text[0] = '\0';
}

/* One that the kernel made by itself has no handle. */
static int each(const struct nlmsghdr *nlh, void *data)
{
	struct qdiscs *qdiscs = data;
	size_t used = strlen(qdiscs->text);
	struct kn_qdisc_info info;

	if (kn_read_qdisc(nlh, &info) == 0 && info.ifindex == qdiscs->ifindex && info.handle)
		snprintf(qdiscs->text + used, sizeof(qdiscs->text) - used,
			 "%s%s %x:", used ? ", " : "", info.kind, info.handle >> 16);
	return MNL_CB_OK;
}

int kn_uplink_print_lost(struct kn_nets *nets, const struct kn_link_info *info, struct kn_err *err)
{
	struct qdiscs qdiscs = { .ifindex = info->ifindex };
	struct kn_dump dump = { begin, each, &qdiscs };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, &nets->topo->ns[0], &talk, err);

	if (!code)
		code = kn_talk_dump(talk, kn_msg_qdisc_dump(buf, info->ifindex), &dump, err);
	if (!code && qdiscs.text[0])
		fprintf(stderr,
			"kidos-netns: uplink %s: its queueing disciplines and their filters do not "
			"come back with it: %s\n",
			info->name, qdiscs.text);
	return code;
}
