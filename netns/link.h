/* SPDX-License-Identifier: MIT */
#ifndef KN_LINK_H
#define KN_LINK_H

#include "step.h"

/* What the kinds of links have in common. */

/* Finds the link and compares kind, MTU, MAC and ARP with the topology; info is filled unless
 * absent. */
int kn_link_probe(struct kn_nets *nets, const struct kn_link *link, struct kn_link_info *info,
		  struct kn_err *err);

/* info is of the link, as a probe found it. -EEXIST if it stands on another parent. */
int kn_link_check_parent(struct kn_nets *nets, const struct kn_link *link,
			 const struct kn_link_info *info, struct kn_err *err);

/* Sets MTU, MAC and ARP on a link that is there. */
int kn_link_mend(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err);

/* Deletes it; a link that is gone is deleted. */
int kn_link_delete(struct kn_nets *nets, const struct kn_ns *ns, const char *name,
		   struct kn_err *err);

/* Both as a step's, for kinds of links that need no more. */
int kn_link_step_mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);
int kn_link_step_undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);

/* Creation in the link's own namespace. */
struct kn_link_spec kn_link_spec(const struct kn_link *link);

#endif
