/* SPDX-License-Identifier: MIT */
#include "links/recover.h"
#include "links/attachment.h"
#include "links/netns.h"
#include "links/xdp_share.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

/* The pin goes with the others. That would free the XDP hook some time later, but it is wanted now.
 */
static void recover_link(const struct kidos_state *state, const char *pin)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	_cleanup_fd_ int link = kidos_state_get(state, pin);

	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size) &&
	    info.type == BPF_LINK_TYPE_XDP)
		bpf_link_detach(link);
}

/* Which priority it got is not in the record, which is older than the filter. */
static void recover_filter(const struct kidos_attachment *attachment)
{
	struct kidos_attachment filter = *attachment;

	filter.made_clsact = false;
	for (uint32_t i = 1; i <= KIDOS_CLSACT_PRIORITIES; i++) {
		filter.priority = i;
		kidos_attachment_unfilter(&filter);
	}
}

static void recover_record(const struct kidos_state *state, const char *record)
{
	char name[KIDOS_NETNS_NAME];
	struct kidos_attachment attachment;
	struct kidos_netns_visit visit;
	struct kidos_shared shared = {};

	if (kidos_attachment_recall(state, record, &attachment, &shared.map, name))
		return;
	if (!kidos_netns_enter(name, &visit)) {
		if (attachment.rung == KIDOS_RUNG_CLSACT)
			recover_filter(&attachment);
		else
			kidos_share_detach(attachment.ifindex, &shared);
		kidos_netns_leave(&visit);
	}
	if (attachment.rung != KIDOS_RUNG_CLSACT)
		kidos_share_unpin(&shared);
}

/* When the filters of both directions have gone. */
static void recover_qdisc(const struct kidos_state *state, const char *record)
{
	char name[KIDOS_NETNS_NAME];
	struct kidos_attachment attachment;
	struct kidos_netns_visit visit;
	uint32_t map;

	if (kidos_attachment_recall(state, record, &attachment, &map, name) ||
	    !attachment.made_clsact || kidos_netns_enter(name, &visit))
		return;
	kidos_clsact_destroy(attachment.ifindex);
	kidos_netns_leave(&visit);
}

int kidos_recover(const struct kidos_state *state)
{
	kidos_state_each(state, KIDOS_PINS, recover_link);
	kidos_state_each(state, KIDOS_RECORDS, recover_record);
	kidos_state_each(state, KIDOS_RECORDS, recover_qdisc);
	return kidos_state_clear(state);
}
