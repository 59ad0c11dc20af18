/* SPDX-License-Identifier: MIT */
/* attach.h: hanging the programs on an interface, rung by rung. */
#ifndef KIDOS_LINKS_ATTACH_H
#define KIDOS_LINKS_ATTACH_H

#include "links/programs.h"
#include "links/link.h"

struct kidos_attachment {
	enum kidos_rung rung;
	int link; /* bpf_link, -1 with clsact */
	unsigned int ifindex;
	uint32_t program; /* id */
	uint32_t priority; /* of the clsact filter */
	bool made_clsact;
	bool meanwhile; /* at tc, while somebody else has the XDP hook */
};

#define KIDOS_ATTACHMENT_NONE \
	{                     \
		.link = -1    \
	}

/*
 * Attaches one direction by the interface's rule: the first rung that works.
 * Runs in the interface's namespace. reason gets the choice and why, or, with
 * -errno, why none would do; other people's programs are never replaced.
 * Where one has the XDP hook, packets are counted at tc meanwhile.
 */
int kidos_attach(struct kidos_traffic *traffic, const struct kidos_interface_rule *rule,
		 const struct kidos_link *link, enum kidos_direction direction,
		 struct kidos_attachment *attachment, char reason[KIDOS_REASON]);

/* Is it at tc for want of the XDP hook, and the hook free now? Then attaching again is worth it. */
bool kidos_attachment_improves(const struct kidos_attachment *attachment);

/*
 * Id of a program that runs before ours at tcx and may hide packets from it; 0
 * if ours is the first, or is not at tcx. In the interface's namespace.
 */
uint32_t kidos_attachment_behind(const struct kidos_attachment *attachment,
				 enum kidos_direction direction);

/* Is the program still there? In the interface's namespace for clsact. */
bool kidos_attachment_alive(const struct kidos_attachment *attachment,
			    enum kidos_direction direction);

/*
 * Takes the program away; in the interface's namespace for clsact. The qdisc
 * goes too if it is ours and no filter is left on it.
 */
void kidos_detach(struct kidos_attachment *attachment, enum kidos_direction direction);

#endif
