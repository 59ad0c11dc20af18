/* SPDX-License-Identifier: MIT */
#include "links/former.h"
#include "links/recover.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#define LINKS KIDOS_FORMER KIDOS_PINS
#define RECORDS KIDOS_FORMER KIDOS_RECORDS

static void keep(const struct kidos_state *state, const char *name, void *context)
{
	char kept[NAME_MAX + 1];

	(void)context;
	snprintf(kept, sizeof(kept), KIDOS_FORMER "%s", name);
	kidos_state_rename(state, name, kept);
}

void kidos_former_keep(const struct kidos_state *state)
{
	kidos_state_each(state, KIDOS_PINS, keep, NULL);
	kidos_state_each(state, KIDOS_RECORDS, keep, NULL);
	/* The kernel empties them when nothing holds them. */
	keep(state, kidos_map_set.rows[KIDOS_MAP_XDP_PROGRAM].name, NULL);
	keep(state, kidos_map_set.rows[KIDOS_MAP_TC_PROGRAM].name, NULL);
}

struct wanted {
	unsigned int ifindex;
	uint32_t program; /* id of the one at the hook, which no other link has */
	char pin[NAME_MAX + 1]; /* "": not found */
};

static void find_xdp(const struct kidos_state *state, const char *pin, void *context)
{
	struct wanted *wanted = context;
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	_cleanup_fd_ int link = kidos_state_get(state, pin);

	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size) &&
	    info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == wanted->ifindex &&
	    info.prog_id == wanted->program)
		snprintf(wanted->pin, sizeof(wanted->pin), "%s", pin);
}

static bool is_of_mode(__u8 mode, unsigned int flags)
{
	return (mode == XDP_ATTACHED_DRV && flags == XDP_FLAGS_DRV_MODE) ||
	       (mode == XDP_ATTACHED_SKB && flags == XDP_FLAGS_SKB_MODE) ||
	       (mode == XDP_ATTACHED_HW && flags == XDP_FLAGS_HW_MODE);
}

int kidos_former_xdp(const struct kidos_attachment *attachment, int program, unsigned int flags)
{
	const struct kidos_state *state = attachment->place.state;
	struct wanted wanted = { .ifindex = attachment->ifindex };
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	_cleanup_fd_ int link = -1;

	if (bpf_xdp_query((int)attachment->ifindex, 0, &query) || !query.prog_id)
		return -ENOENT;
	wanted.program = query.prog_id;
	kidos_state_each(state, LINKS, find_xdp, &wanted);
	link = *wanted.pin ? kidos_state_get(state, wanted.pin) : -ENOENT;
	if (link < 0)
		return -ENOENT;
	if (is_of_mode(query.attach_mode, flags) && !bpf_link_update(link, program, NULL)) {
		kidos_state_remove(state, wanted.pin);
		return KN_TAKE_FD(link);
	}
	bpf_link_detach(link);
	kidos_state_remove(state, wanted.pin);
	return -ENOENT;
}

/* A record of the same interface and direction, by the name of its namespace. */
struct record {
	const struct kidos_attachment *attachment;
	struct kidos_attachment former;
	char name[NAME_MAX + 1]; /* of the record; "": not found */
};

static void find_record(const struct kidos_state *state, const char *name, void *context)
{
	struct record *record = context;
	struct kidos_attachment former;
	char netns[KIDOS_NETNS_NAME];
	uint32_t map;

	if (kidos_attachment_recall(state, name, &former, &map, netns) ||
	    former.rung != KIDOS_RUNG_CLSACT || former.ifindex != record->attachment->ifindex ||
	    former.direction != record->attachment->direction ||
	    strcmp(netns, record->attachment->place.name) != 0)
		return;
	record->former = former;
	snprintf(record->name, sizeof(record->name), "%s", name);
}

static struct record record_of(const struct kidos_attachment *attachment)
{
	struct record record = { .attachment = attachment };

	kidos_state_each(attachment->place.state, RECORDS, find_record, &record);
	return record;
}

bool kidos_former_made_clsact(const struct kidos_attachment *attachment)
{
	struct record record = record_of(attachment);

	return *record.name && record.former.made_clsact;
}

/* Which priority the former filter got is not in its record. */
static bool has_filter(const struct kidos_attachment *former, uint32_t priority)
{
	struct bpf_tc_hook hook = kidos_clsact_hook(former);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = KIDOS_CLSACT_HANDLE, .priority = priority);

	return !bpf_tc_query(&hook, &options) && options.prog_id == former->program;
}

static int replace(struct kidos_attachment *attachment, int program, uint32_t priority)
{
	struct bpf_tc_hook hook = kidos_clsact_hook(attachment);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = KIDOS_CLSACT_HANDLE,
		    .priority = priority, .flags = BPF_TC_F_REPLACE);
	int error = bpf_tc_attach(&hook, &options);

	if (!error)
		attachment->priority = priority;
	return error;
}

int kidos_former_filter(struct kidos_attachment *attachment, int program)
{
	struct record record = record_of(attachment);
	int error = -ENOENT;

	for (uint32_t i = 1; *record.name && error && i <= KIDOS_CLSACT_PRIORITIES; i++)
		if (has_filter(&record.former, i))
			error = replace(attachment, program, i);
	if (!error)
		kidos_state_remove(attachment->place.state, record.name);
	return error;
}

static void forget(const struct kidos_state *state, const char *name, void *context)
{
	(void)context;
	kidos_state_remove(state, name);
}

unsigned int kidos_former_drop(const struct kidos_state *state)
{
	unsigned int left = kidos_recover_names(state, LINKS, RECORDS);

	kidos_state_each(state, KIDOS_FORMER, forget, NULL);
	return left;
}
