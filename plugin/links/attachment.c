/* SPDX-License-Identifier: MIT */
#include "links/attachment.h"
#include "core/log.h"
#include "links/mnl_links.h"
#include "links/xdp_share.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64 /* of a pin or record */

bool kidos_attachment_is_link(const struct kidos_attachment *attachment)
{
	return attachment->rung == KIDOS_RUNG_XDP_NATIVE ||
	       attachment->rung == KIDOS_RUNG_XDP_GENERIC ||
	       attachment->rung == KIDOS_RUNG_XDP_HW || attachment->rung == KIDOS_RUNG_TCX;
}

static bool is_shared(const struct kidos_attachment *attachment)
{
	return attachment->rung == KIDOS_RUNG_XDP_SHARED ||
	       attachment->rung == KIDOS_RUNG_XDP_SHARED_GENERIC;
}

static const char *name_of(const struct kidos_attachment *attachment, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s%u-%u-%s",
		 kidos_attachment_is_link(attachment) ? KIDOS_PINS : KIDOS_RECORDS,
		 attachment->place.netns, attachment->ifindex,
		 attachment->direction == KIDOS_RX ? "rx" : "tx");
	return name;
}

int kidos_attachment_pin(const struct kidos_attachment *attachment, int link)
{
	_cleanup_fd_ int closed = link;
	char name[NAME_SIZE];

	name_of(attachment, name);
	kidos_state_remove(attachment->place.state, name);
	return kidos_state_pin(attachment->place.state, closed, name);
}

int kidos_attachment_record(const struct kidos_attachment *attachment, uint32_t map)
{
	char name[NAME_SIZE], text[96 + KIDOS_NETNS_NAME];

	/* The namespace's name is the last, as it may be empty and have blanks. */
	snprintf(text, sizeof(text), "%u %u %u %u %u %u %s", attachment->rung,
		 attachment->direction, attachment->ifindex, attachment->program, map,
		 attachment->made_clsact, attachment->place.name);
	name_of(attachment, name);
	kidos_state_remove(attachment->place.state, name);
	return kidos_state_note(attachment->place.state, name, text);
}

int kidos_attachment_recall(const struct kidos_state *state, const char *record,
			    struct kidos_attachment *attachment, uint32_t *map,
			    char name[KIDOS_NETNS_NAME])
{
	char text[96 + KIDOS_NETNS_NAME];
	unsigned int rung, direction, made;
	int error = kidos_state_read_note(state, record, text, sizeof(text)), used = 0;

	*attachment = (struct kidos_attachment){ .place = { .state = state, .name = name } };
	if (error)
		return error;
	if (sscanf(text, "%u %u %u %u %u %u%n", &rung, &direction, &attachment->ifindex,
		   &attachment->program, map, &made, &used) != 6 ||
	    rung >= KIDOS_RUNGS || direction >= KIDOS_DIRECTIONS || text[used] != ' ')
		return -EINVAL;
	attachment->rung = rung;
	attachment->direction = direction;
	attachment->made_clsact = made;
	snprintf(name, KIDOS_NETNS_NAME, "%s", text + used + 1);
	return 0;
}

struct bpf_tc_hook kidos_clsact_hook(const struct kidos_attachment *attachment)
{
	return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook),
				     .ifindex = (int)attachment->ifindex,
				     .attach_point = attachment->direction == KIDOS_RX
							     ? BPF_TC_INGRESS
							     : BPF_TC_EGRESS };
}

void kidos_clsact_destroy(unsigned int ifindex)
{
	struct bpf_tc_hook hook = { .sz = sizeof(hook),
				    .ifindex = (int)ifindex,
				    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS };

	if (!kidos_filters(ifindex))
		bpf_tc_hook_destroy(&hook);
}

/* Id of the program of the filter in our place, 0 for none; or -errno. */
static int clsact_query(const struct kidos_attachment *attachment, uint32_t *program)
{
	struct bpf_tc_hook hook = kidos_clsact_hook(attachment);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = KIDOS_CLSACT_HANDLE,
		    .priority = attachment->priority);
	int error = bpf_tc_query(&hook, &options);

	*program = error ? 0 : options.prog_id;
	/* -EINVAL: without a clsact qdisc. */
	return error == -ENOENT || error == -EINVAL || error == -ENODEV ? 0 : error;
}

static bool clsact_alive(const struct kidos_attachment *attachment)
{
	uint32_t program;

	return clsact_query(attachment, &program) || program == attachment->program;
}

int kidos_attachment_unfilter(const struct kidos_attachment *attachment)
{
	struct bpf_tc_hook hook = kidos_clsact_hook(attachment);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = KIDOS_CLSACT_HANDLE,
		    .priority = attachment->priority);
	uint32_t program;
	int error = clsact_query(attachment, &program);

	if (!error && program != attachment->program)
		return 0;
	if (!error)
		error = bpf_tc_detach(&hook, &options);
	if (error)
		kidos_log(LOG_WARNING, "detach from interface %u: %s", attachment->ifindex,
			  strerror(-error));
	return error;
}

bool kidos_attachment_improves(const struct kidos_attachment *attachment)
{
	uint32_t id = 0;

	return attachment->meanwhile && !bpf_xdp_query_id((int)attachment->ifindex, 0, &id) && !id;
}

uint32_t kidos_attachment_behind(const struct kidos_attachment *attachment)
{
	uint32_t ids[64] = {}; /* as many as one hook takes */
	LIBBPF_OPTS(bpf_prog_query_opts, options, .prog_ids = ids, .prog_cnt = 64);

	if (attachment->rung != KIDOS_RUNG_TCX ||
	    bpf_prog_query_opts((int)attachment->ifindex,
				attachment->direction == KIDOS_RX ? KIDOS_TCX_INGRESS
								  : KIDOS_TCX_EGRESS,
				&options))
		return 0;
	return ids[0] == attachment->program ? 0 : ids[0];
}

static bool link_alive(const struct kidos_attachment *attachment)
{
	char name[NAME_SIZE];
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	_cleanup_fd_ int link = kidos_state_get(attachment->place.state, name_of(attachment, name));

	if (link < 0)
		return link != -ENOENT;
	/* XDP's and tcx's infos both begin with the ifindex, 0 once the device has gone. */
	return bpf_obj_get_info_by_fd(link, &info, &size) || info.xdp.ifindex;
}

bool kidos_attachment_alive(const struct kidos_attachment *attachment)
{
	if (is_shared(attachment))
		return kidos_share_alive(attachment->ifindex, attachment->program);
	if (attachment->rung == KIDOS_RUNG_CLSACT)
		return clsact_alive(attachment);
	return kidos_attachment_is_link(attachment) && link_alive(attachment);
}

/* To unlink the pin is not enough here: the kernel would detach some time later. */
static void link_detach(const struct kidos_attachment *attachment)
{
	char name[NAME_SIZE];
	_cleanup_fd_ int link = kidos_state_get(attachment->place.state, name_of(attachment, name));

	if (link >= 0)
		bpf_link_detach(link);
}

void kidos_attachment_detach(struct kidos_attachment *attachment)
{
	struct kidos_shared ours = { .program = attachment->program };

	if (kidos_attachment_is_link(attachment))
		link_detach(attachment);
	else if (attachment->rung == KIDOS_RUNG_CLSACT)
		kidos_attachment_unfilter(attachment);
	else if (is_shared(attachment))
		kidos_share_detach(attachment->ifindex, &ours);
	if (attachment->made_clsact)
		kidos_clsact_destroy(attachment->ifindex);
	kidos_attachment_forget(attachment);
}

void kidos_attachment_forget(struct kidos_attachment *attachment)
{
	struct kidos_shared ours = { .program = attachment->program };
	char name[NAME_SIZE];

	if (is_shared(attachment))
		kidos_share_unpin(&ours);
	if (attachment->rung != KIDOS_RUNG_NONE)
		kidos_state_remove(attachment->place.state, name_of(attachment, name));
	*attachment = (struct kidos_attachment){ .place = attachment->place,
						 .direction = attachment->direction };
}
