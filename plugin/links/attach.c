/* SPDX-License-Identifier: MIT */
#include "links/attach.h"
#include "core/ladder.h"
#include "core/log.h"
#include "links/former.h"
#include "links/xdp_share.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCX_BEFORE (1u << 3) /* kernel 6.6 */

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* "12 (name)"; the name takes CAP_SYS_ADMIN. */
static void describe_program(uint32_t id, char *text, size_t size)
{
	struct bpf_prog_info info = {};
	__u32 info_size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &info_size))
		snprintf(text, size, "program %u (%s)", id, info.name);
	else
		snprintf(text, size, "program %u", id);
	if (fd >= 0)
		close(fd);
}

struct rung {
	enum kidos_rung rung;
	enum kidos_direction direction;
	enum kidos_program program;
	unsigned int argument; /* XDP flags, attach type, attach point */
	int (*attach)(struct kidos_traffic *traffic, const struct rung *rung,
		      struct kidos_attachment *attachment, char reason[KIDOS_REASON]);
};

/* The rung's program, or -errno and why it cannot be had. */
static int program_of(struct kidos_traffic *traffic, const struct rung *rung,
		      char reason[KIDOS_REASON])
{
	int fd = kidos_traffic_fd(traffic, rung->program);

	if (fd < 0)
		snprintf(reason, KIDOS_REASON, "%s does not load: %s",
			 kidos_program_names[rung->program], strerror(-fd));
	return fd;
}

/* Of a link that was just made, or was not: errno says why. */
static int keep_link(int link, const struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int error = link < 0 ? -errno : kidos_attachment_pin(attachment, link);

	if (error)
		snprintf(reason, KIDOS_REASON, "%s%s",
			 link < 0 ? "" : "pin of the link: ", strerror(-error));
	return error;
}

static int attach_xdp(struct kidos_traffic *traffic, const struct rung *rung,
		      struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int fd = program_of(traffic, rung, reason);
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = rung->argument);
	char owner[64];
	uint32_t id = 0;
	int former, error;

	if (fd < 0)
		return fd;
	former = kidos_former_xdp(attachment, fd, rung->argument);
	error = keep_link(
		former >= 0 ? former
			    : bpf_link_create(fd, (int)attachment->ifindex, BPF_XDP, &options),
		attachment, reason);
	if (error != -EBUSY && error != -EEXIST)
		return error;
	bpf_xdp_query_id((int)attachment->ifindex, 0, &id);
	describe_program(id, owner, sizeof(owner));
	snprintf(reason, KIDOS_REASON, "the XDP hook belongs to %s", owner);
	return -EBUSY;
}

/* What is not a link outlives us, so where it is to be is written down first. */
static int record(struct kidos_attachment *attachment, uint32_t map, char reason[KIDOS_REASON])
{
	int error = kidos_attachment_record(attachment, map);

	if (error)
		snprintf(reason, KIDOS_REASON, "record in %s: %s", attachment->place.state->path,
			 strerror(-error));
	return error;
}

static struct bpf_object *open_xdp(const void *traffic)
{
	return kidos_traffic_open(traffic, KIDOS_PROGRAM_XDP);
}

static int attach_shared(struct kidos_traffic *traffic, const struct rung *rung,
			 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int error = record(attachment, kidos_traffic_map(traffic), reason);

	if (error)
		return error;
	return kidos_share_attach(open_xdp, traffic, kidos_program_names[rung->program],
				  attachment->ifindex, rung->argument == XDP_FLAGS_SKB_MODE,
				  &attachment->program, reason);
}

static int attach_tcx(struct kidos_traffic *traffic, const struct rung *rung,
		      struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	/* First in the row: another program's verdict must not hide packets from us. */
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = TCX_BEFORE);
	int fd = program_of(traffic, rung, reason), error;

	if (fd < 0)
		return fd;
	error = keep_link(bpf_link_create(fd, (int)attachment->ifindex, rung->argument, &options),
			  attachment, reason);
	if (error == -EINVAL)
		snprintf(reason, KIDOS_REASON, "not in this kernel (6.6)");
	return error;
}

static int clsact_filter(const struct bpf_tc_hook *hook, int fd,
			 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int error = kidos_former_filter(attachment, fd);

	/* Another filter there: EEXIST of its own kind, EINVAL or ENOENT of other kinds. */
	for (uint32_t priority = 1; error && priority <= KIDOS_CLSACT_PRIORITIES; priority++) {
		LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = fd, .handle = KIDOS_CLSACT_HANDLE,
			    .priority = priority);

		error = bpf_tc_attach(hook, &options);
		attachment->priority = priority;
		if (error == -EPERM)
			break;
	}
	if (error)
		snprintf(reason, KIDOS_REASON, "%s", strerror(-error));
	else if (attachment->priority > 1)
		snprintf(reason, KIDOS_REASON, "behind other filters, priority %u",
			 attachment->priority);
	return error;
}

static int attach_clsact(struct kidos_traffic *traffic, const struct rung *rung,
			 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int fd = program_of(traffic, rung, reason), error;
	struct bpf_tc_hook hook = kidos_clsact_hook(attachment);

	if (fd < 0)
		return fd;
	attachment->program = program_id(fd);
	error = bpf_tc_hook_create(&hook);
	attachment->made_clsact = !error || kidos_former_made_clsact(attachment);
	if (error == -EEXIST)
		error = 0;
	if (error)
		snprintf(reason, KIDOS_REASON, "%s", strerror(-error));
	else
		error = record(attachment, 0, reason);
	if (!error)
		error = clsact_filter(&hook, fd, attachment, reason);
	if (error && attachment->made_clsact)
		kidos_clsact_destroy(attachment->ifindex);
	return error;
}

static const struct rung rungs[] = {
	{ KIDOS_RUNG_XDP_SHARED, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_DRV_MODE, attach_shared },
	{ KIDOS_RUNG_XDP_SHARED_GENERIC, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_SKB_MODE,
	  attach_shared },
	{ KIDOS_RUNG_XDP_NATIVE, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_DRV_MODE, attach_xdp },
	{ KIDOS_RUNG_XDP_GENERIC, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_SKB_MODE, attach_xdp },
	{ KIDOS_RUNG_XDP_HW, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_HW_MODE, attach_xdp },
	{ KIDOS_RUNG_TCX, KIDOS_RX, KIDOS_PROGRAM_TC_INGRESS, KIDOS_TCX_INGRESS, attach_tcx },
	{ KIDOS_RUNG_CLSACT, KIDOS_RX, KIDOS_PROGRAM_TC_INGRESS, BPF_TC_INGRESS, attach_clsact },
	{ KIDOS_RUNG_TCX, KIDOS_TX, KIDOS_PROGRAM_TC_EGRESS, KIDOS_TCX_EGRESS, attach_tcx },
	{ KIDOS_RUNG_CLSACT, KIDOS_TX, KIDOS_PROGRAM_TC_EGRESS, BPF_TC_EGRESS, attach_clsact },
};

#define TC_RUNGS (1u << KIDOS_RUNG_TCX | 1u << KIDOS_RUNG_CLSACT)

/* XdpShare says who hangs a program at XDP, XdpMode whether. libxdp offloads one program alone. */
static unsigned int rungs_shared(unsigned int allowed)
{
	unsigned int shared =
		allowed & ~(1u << KIDOS_RUNG_XDP_NATIVE | 1u << KIDOS_RUNG_XDP_GENERIC);

	if (allowed & 1u << KIDOS_RUNG_XDP_NATIVE)
		shared |= 1u << KIDOS_RUNG_XDP_SHARED;
	if (allowed & 1u << KIDOS_RUNG_XDP_GENERIC)
		shared |= 1u << KIDOS_RUNG_XDP_SHARED_GENERIC;
	return shared;
}

/* The rungs a received packet may be counted at, and why those. */
static unsigned int rungs_allowed(const struct kidos_interface_rule *rule,
				  const struct kidos_link *link, const char **why)
{
	static const unsigned int forced[] = {
		[KIDOS_XDP_NATIVE] = 1u << KIDOS_RUNG_XDP_NATIVE,
		[KIDOS_XDP_GENERIC] = 1u << KIDOS_RUNG_XDP_GENERIC,
		[KIDOS_XDP_HW] = 1u << KIDOS_RUNG_XDP_HW,
		[KIDOS_XDP_TC] = TC_RUNGS,
	};

	if (!kidos_link_is_ethernet(link)) {
		bool tc = rule->xdp_mode == KIDOS_XDP_AUTO || rule->xdp_mode == KIDOS_XDP_TC;

		*why = tc ? "no Ethernet header"
			  : "XDP reads Ethernet headers, and this link has none";
		return tc ? TC_RUNGS : 0;
	}
	if (rule->xdp_mode != KIDOS_XDP_AUTO) {
		*why = "as XdpMode says";
		return forced[rule->xdp_mode];
	}
	if (rule->mirror) {
		*why = "a mirror port";
		return TC_RUNGS | 1u << KIDOS_RUNG_XDP_NATIVE;
	}
	if (kidos_driver_of(link)->xdp_harmless) {
		*why = "native XDP costs this driver's other traffic nothing";
		return TC_RUNGS | 1u << KIDOS_RUNG_XDP_NATIVE;
	}
	*why = "native XDP may slow this driver's other traffic";
	return TC_RUNGS;
}

struct attaching {
	struct kidos_traffic *traffic;
	const struct kidos_link *link;
	unsigned int allowed; /* rungs, by bit */
	struct kidos_attachment *attachment;
	char words[KIDOS_REASON]; /* of the rung that was tried last */
	bool waits; /* for the XDP hook, which somebody else has */
};

static int attach_rung(void *context, size_t index, char why[KIDOS_REASON])
{
	struct attaching *attaching = context;
	struct kidos_attachment *attachment = attaching->attachment;
	const struct rung *rung = &rungs[index];
	int error;

	if (rung->direction != attachment->direction || !(attaching->allowed & 1u << rung->rung))
		return -ECANCELED;
	kidos_attachment_forget(attachment);
	attachment->ifindex = attaching->link->ifindex;
	attachment->rung = rung->rung;
	*attaching->words = '\0';
	error = rung->attach(attaching->traffic, rung, attachment, attaching->words);
	if (error) {
		snprintf(why, KIDOS_REASON, "not %s: %.200s", kidos_rung_names[rung->rung],
			 attaching->words);
		if (rung->attach == attach_xdp && error == -EBUSY) {
			attaching->waits = true;
			attaching->allowed |= TC_RUNGS;
		}
		if (error == -ELIBACC) { /* no libxdp: others keep the hook all the same */
			kidos_log(LOG_ERR, "%s", attaching->words);
			attaching->allowed |= TC_RUNGS;
		}
		kidos_attachment_forget(attachment);
		return error;
	}
	attachment->meanwhile = attaching->waits;
	if (!attachment->program)
		attachment->program =
			program_id(kidos_traffic_fd(attaching->traffic, rung->program));
	return 0;
}

int kidos_attach(struct kidos_traffic *traffic, const struct kidos_interface_rule *rule,
		 const struct kidos_link *link, struct kidos_attachment *attachment,
		 char reason[KIDOS_REASON])
{
	const char *why = "sent packets are seen at tc only";
	struct attaching attaching = {
		.traffic = traffic,
		.link = link,
		.allowed = attachment->direction == KIDOS_RX ? rungs_allowed(rule, link, &why)
							     : TC_RUNGS,
		.attachment = attachment,
	};
	char refused[KIDOS_REASON];
	size_t taken;
	int error;

	if (rule->xdp_share)
		attaching.allowed = rungs_shared(attaching.allowed);
	error = kidos_ladder(sizeof(rungs) / sizeof(rungs[0]), attach_rung, &attaching, &taken,
			     refused);
	if (error)
		snprintf(reason, KIDOS_REASON, "%.255s", *refused ? refused : why);
	else
		snprintf(reason, KIDOS_REASON, "%s%s%.90s%s%.100s", why,
			 *attaching.words ? ", " : "", attaching.words, *refused ? "; " : "",
			 refused);
	return error == -ENOENT ? -EOPNOTSUPP : error;
}
