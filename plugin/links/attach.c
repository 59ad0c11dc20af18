/* SPDX-License-Identifier: MIT */
#include "links/attach.h"
#include "core/ladder.h"
#include "core/log.h"
#include "links/mnl_links.h"
#include "links/xdp_share.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Kernel 6.6; not in the headers of Debian 12. */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS ((enum bpf_attach_type)47)
#define TCX_BEFORE (1u << 3)

#define CLSACT_HANDLE 1
#define CLSACT_PRIORITIES 8 /* tried from 1 on: first, or behind who came before us */

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

static int attach_xdp(struct kidos_traffic *traffic, const struct rung *rung,
		      struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int fd = program_of(traffic, rung, reason);
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = rung->argument);
	char owner[64];
	uint32_t id = 0;

	if (fd < 0)
		return fd;
	attachment->link = bpf_link_create(fd, (int)attachment->ifindex, BPF_XDP, &options);
	if (attachment->link >= 0)
		return 0;
	if (errno != EBUSY && errno != EEXIST) {
		snprintf(reason, KIDOS_REASON, "%s", strerror(errno));
		return -errno;
	}
	bpf_xdp_query_id((int)attachment->ifindex, 0, &id);
	describe_program(id, owner, sizeof(owner));
	snprintf(reason, KIDOS_REASON, "the XDP hook belongs to %s", owner);
	return -EBUSY;
}

static struct bpf_object *open_xdp(const void *traffic)
{
	return kidos_traffic_open(traffic, KIDOS_PROGRAM_XDP);
}

static int attach_shared(struct kidos_traffic *traffic, const struct rung *rung,
			 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	return kidos_share_attach(open_xdp, traffic, kidos_program_names[rung->program],
				  attachment->ifindex, rung->argument == XDP_FLAGS_SKB_MODE,
				  &attachment->program, reason);
}

static int attach_tcx(struct kidos_traffic *traffic, const struct rung *rung,
		      struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	/* First in the row: another program's verdict must not hide packets from us. */
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = TCX_BEFORE);
	int fd = program_of(traffic, rung, reason);

	if (fd < 0)
		return fd;
	attachment->link = bpf_link_create(fd, (int)attachment->ifindex, rung->argument, &options);
	if (attachment->link >= 0)
		return 0;
	snprintf(reason, KIDOS_REASON, "%s",
		 errno == EINVAL ? "not in this kernel (6.6)" : strerror(errno));
	return -errno;
}

static struct bpf_tc_hook clsact_hook(const struct kidos_attachment *attachment,
				      enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook),
				     .ifindex = (int)attachment->ifindex,
				     .attach_point = point };
}

static int clsact_filter(const struct bpf_tc_hook *hook, int fd,
			 struct kidos_attachment *attachment)
{
	int error = -EEXIST;

	/* Another filter there: EEXIST of its own kind, EINVAL or ENOENT of other kinds. */
	for (uint32_t priority = 1; error && priority <= CLSACT_PRIORITIES; priority++) {
		LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = fd, .handle = CLSACT_HANDLE,
			    .priority = priority);

		error = bpf_tc_attach(hook, &options);
		attachment->priority = priority;
		if (error == -EPERM)
			break;
	}
	return error;
}

static int attach_clsact(struct kidos_traffic *traffic, const struct rung *rung,
			 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	int fd = program_of(traffic, rung, reason), error;
	struct bpf_tc_hook hook = clsact_hook(attachment, rung->argument);

	if (fd < 0)
		return fd;
	error = bpf_tc_hook_create(&hook);
	attachment->made_clsact = !error;
	if (!error || error == -EEXIST)
		error = clsact_filter(&hook, fd, attachment);
	if (error && attachment->made_clsact)
		bpf_tc_hook_destroy(
			&(struct bpf_tc_hook){ .sz = sizeof(hook),
					       .ifindex = hook.ifindex,
					       .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS });
	if (error)
		snprintf(reason, KIDOS_REASON, "%s", strerror(-error));
	else if (attachment->priority > 1)
		snprintf(reason, KIDOS_REASON, "behind other filters, priority %u",
			 attachment->priority);
	return error;
}

static const struct rung rungs[] = {
	{ KIDOS_RUNG_XDP_SHARED, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_DRV_MODE, attach_shared },
	{ KIDOS_RUNG_XDP_SHARED_GENERIC, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_SKB_MODE,
	  attach_shared },
	{ KIDOS_RUNG_XDP_NATIVE, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_DRV_MODE, attach_xdp },
	{ KIDOS_RUNG_XDP_GENERIC, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_SKB_MODE, attach_xdp },
	{ KIDOS_RUNG_XDP_HW, KIDOS_RX, KIDOS_PROGRAM_XDP, XDP_FLAGS_HW_MODE, attach_xdp },
	{ KIDOS_RUNG_TCX, KIDOS_RX, KIDOS_PROGRAM_TC_INGRESS, TCX_INGRESS, attach_tcx },
	{ KIDOS_RUNG_CLSACT, KIDOS_RX, KIDOS_PROGRAM_TC_INGRESS, BPF_TC_INGRESS, attach_clsact },
	{ KIDOS_RUNG_TCX, KIDOS_TX, KIDOS_PROGRAM_TC_EGRESS, TCX_EGRESS, attach_tcx },
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
	enum kidos_direction direction;
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

	if (rung->direction != attaching->direction || !(attaching->allowed & 1u << rung->rung))
		return -ECANCELED;
	*attachment = (struct kidos_attachment){ .link = -1, .ifindex = attaching->link->ifindex };
	*attaching->words = '\0';
	error = rung->attach(attaching->traffic, rung, attachment, attaching->words);
	if (error) {
		snprintf(why, KIDOS_REASON, "not %s: %.200s", kidos_rung_names[rung->rung],
			 attaching->words);
		if (rung->attach == attach_xdp && error == -EBUSY) {
			attaching->waits = true;
			attaching->allowed |= TC_RUNGS;
		}
		return error;
	}
	attachment->rung = rung->rung;
	attachment->meanwhile = attaching->waits;
	if (!attachment->program)
		attachment->program =
			program_id(kidos_traffic_fd(attaching->traffic, rung->program));
	return 0;
}

int kidos_attach(struct kidos_traffic *traffic, const struct kidos_interface_rule *rule,
		 const struct kidos_link *link, enum kidos_direction direction,
		 struct kidos_attachment *attachment, char reason[KIDOS_REASON])
{
	const char *why = "sent packets are seen at tc only";
	struct attaching attaching = {
		.traffic = traffic,
		.link = link,
		.direction = direction,
		.allowed = direction == KIDOS_RX ? rungs_allowed(rule, link, &why) : TC_RUNGS,
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

static enum bpf_tc_attach_point point_of(enum kidos_direction direction)
{
	return direction == KIDOS_RX ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

static bool clsact_alive(const struct kidos_attachment *attachment, enum kidos_direction direction)
{
	struct bpf_tc_hook hook = clsact_hook(attachment, point_of(direction));
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = CLSACT_HANDLE,
		    .priority = attachment->priority);

	return !bpf_tc_query(&hook, &options) && options.prog_id == attachment->program;
}

bool kidos_attachment_improves(const struct kidos_attachment *attachment)
{
	uint32_t id = 0;

	return attachment->meanwhile && !bpf_xdp_query_id((int)attachment->ifindex, 0, &id) && !id;
}

uint32_t kidos_attachment_behind(const struct kidos_attachment *attachment,
				 enum kidos_direction direction)
{
	uint32_t ids[64] = {}; /* as many as one hook takes */
	LIBBPF_OPTS(bpf_prog_query_opts, options, .prog_ids = ids, .prog_cnt = 64);

	if (attachment->rung != KIDOS_RUNG_TCX ||
	    bpf_prog_query_opts((int)attachment->ifindex,
				direction == KIDOS_RX ? TCX_INGRESS : TCX_EGRESS, &options))
		return 0;
	return ids[0] == attachment->program ? 0 : ids[0];
}

static bool is_shared(const struct kidos_attachment *attachment)
{
	return attachment->rung == KIDOS_RUNG_XDP_SHARED ||
	       attachment->rung == KIDOS_RUNG_XDP_SHARED_GENERIC;
}

bool kidos_attachment_alive(const struct kidos_attachment *attachment,
			    enum kidos_direction direction)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	if (attachment->rung == KIDOS_RUNG_NONE)
		return false;
	if (is_shared(attachment))
		return kidos_share_alive(attachment->ifindex, attachment->program);
	if (attachment->link < 0)
		return clsact_alive(attachment, direction);
	/* XDP's and tcx's infos both begin with the ifindex, 0 once the device has gone. */
	return !bpf_obj_get_info_by_fd(attachment->link, &info, &size) && info.xdp.ifindex;
}

static void clsact_detach(const struct kidos_attachment *attachment, enum kidos_direction direction)
{
	struct bpf_tc_hook hook = clsact_hook(attachment, point_of(direction));
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = CLSACT_HANDLE,
		    .priority = attachment->priority);
	int error;

	/* Somebody else's filter may stand there by now. */
	if (!clsact_alive(attachment, direction))
		return;
	error = bpf_tc_detach(&hook, &options);
	if (error)
		kidos_log(LOG_WARNING, "detach from interface %u: %s", attachment->ifindex,
			  strerror(-error));
}

static void shared_detach(const struct kidos_attachment *attachment)
{
	struct kidos_shared ours = { .program = attachment->program };

	kidos_share_detach(attachment->ifindex, &ours);
	kidos_share_unpin(&ours);
}

void kidos_detach(struct kidos_attachment *attachment, enum kidos_direction direction)
{
	struct bpf_tc_hook hook = clsact_hook(attachment, BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (attachment->link >= 0)
		close(attachment->link);
	else if (attachment->rung == KIDOS_RUNG_CLSACT)
		clsact_detach(attachment, direction);
	else if (is_shared(attachment))
		shared_detach(attachment);
	if (attachment->made_clsact && !kidos_filters(attachment->ifindex))
		bpf_tc_hook_destroy(&hook);
	*attachment = (struct kidos_attachment)KIDOS_ATTACHMENT_NONE;
}
