/* SPDX-License-Identifier: MIT */
/* ctl_names.h: the words for the numbers of a drop; all of them safe to print. */
#ifndef KIDOS_DROPS_CTL_NAMES_H
#define KIDOS_DROPS_CTL_NAMES_H

#include "ctl/state.h"

struct ctl_drop_names;

/* To be freed; NULL without memory. state must live as long. */
struct ctl_drop_names *ctl_drop_names_new(const struct ctl_state *state);
void ctl_drop_names_free(struct ctl_drop_names *names);

#define CTL_WORD CTL_LABEL
/* "NETFILTER_DROP", the number where the kernel has no name; " (kidos)" for kidos's own policy. */
void ctl_drop_reason(struct ctl_drop_names *names, uint32_t reason, bool policy,
		     char word[CTL_WORD]);
/* "nf_hook_slow", with offset "nf_hook_slow+0xb4"; the address without a symbol, "-" for none. */
void ctl_drop_place(struct ctl_drop_names *names, uint64_t place, bool offset, char word[CTL_WORD]);
/* "[NAMESPACE:]NAME", "-" without interface, "netns 4026531840:#3" where it is unknown. */
void ctl_drop_interface(struct ctl_drop_names *names, uint32_t netns, uint32_t ifindex,
			char word[CTL_WORD]);

#endif
