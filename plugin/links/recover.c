/* SPDX-License-Identifier: MIT */
#include "links/recover.h"
#include "links/attachment.h"
#include "links/netns.h"
#include "links/xdp_share.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>

/* The pin goes with the others. That would free the XDP hook some time later, but it is wanted now.
 */
static void recover_link(const struct kidos_state *state, const char *pin, void *context)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	_cleanup_fd_ int link = kidos_state_get(state, pin);

	(void)context;
	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size) &&
	    info.type == BPF_LINK_TYPE_XDP)
		bpf_link_detach(link);
}

/* Which priority it got is not in the record, which is older than the filter. 0 or -errno. */
static int recover_filter(const struct kidos_attachment *attachment)
{
	struct kidos_attachment filter = *attachment;
	int error = 0;

	filter.made_clsact = false;
	for (uint32_t i = 1; !error && i <= KIDOS_CLSACT_PRIORITIES; i++) {
		filter.priority = i;
		error = kidos_attachment_unfilter(&filter);
	}
	return error;
}

/* left: counts what could not be taken away. */
static void recover_record(const struct kidos_state *state, const char *record, void *left)
{
	char name[KIDOS_NETNS_NAME];
	struct kidos_attachment attachment;
	struct kidos_netns_visit visit;
	struct kidos_shared shared = {};
	int error;

	if (kidos_attachment_recall(state, record, &attachment, &shared.map, name))
		return;
	error = kidos_netns_enter(name, &visit);
	if (!error) {
		if (attachment.rung == KIDOS_RUNG_CLSACT)
			error = recover_filter(&attachment);
		else
			kidos_share_detach(attachment.ifindex, &shared);
		kidos_netns_leave(&visit);
	}
	if (error && error != -ENOENT) /* of the namespace: it has gone with all that was in it */
		++*(unsigned int *)left;
	if (attachment.rung != KIDOS_RUNG_CLSACT)
		kidos_share_unpin(&shared);
}

/* When the filters of both directions have gone. */
static void recover_qdisc(const struct kidos_state *state, const char *record, void *context)
{
	char name[KIDOS_NETNS_NAME];
	struct kidos_attachment attachment;
	struct kidos_netns_visit visit;
	uint32_t map;

	(void)context;
	if (kidos_attachment_recall(state, record, &attachment, &map, name) ||
	    !attachment.made_clsact || kidos_netns_enter(name, &visit))
		return;
	kidos_clsact_destroy(attachment.ifindex);
	kidos_netns_leave(&visit);
}

unsigned int kidos_recover_names(const struct kidos_state *state, const char *links,
				 const char *records)
{
	unsigned int left = 0;

	kidos_state_each(state, links, recover_link, NULL);
	kidos_state_each(state, records, recover_record, &left);
	kidos_state_each(state, records, recover_qdisc, NULL);
	return left;
}

unsigned int kidos_recover(const struct kidos_state *state)
{
	return kidos_recover_names(state, KIDOS_PINS, KIDOS_RECORDS) +
	       kidos_recover_names(state, KIDOS_FORMER KIDOS_PINS, KIDOS_FORMER KIDOS_RECORDS);
}
