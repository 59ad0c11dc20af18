/* SPDX-License-Identifier: MIT */
/* attach.h: hanging the programs on an interface, rung by rung. */
#ifndef KIDOS_LINKS_ATTACH_H
#define KIDOS_LINKS_ATTACH_H

#include "links/attachment.h"
#include "links/link.h"
#include "links/programs.h"

/*
 * Attaches one direction (attachment has it, and the place) by the interface's
 * rule: the first rung that works. Runs in the interface's namespace. reason gets the choice and
 * why, or, with -errno, why none would do; other people's programs are never replaced. Where one
 * has the XDP hook, packets are counted at tc meanwhile.
 */
int kidos_attach(struct kidos_traffic *traffic, const struct kidos_interface_rule *rule,
		 const struct kidos_link *link, struct kidos_attachment *attachment,
		 char reason[KIDOS_REASON]);

#endif
