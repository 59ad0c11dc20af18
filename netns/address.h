/* SPDX-License-Identifier: MIT */
#ifndef KN_ADDRESS_H
#define KN_ADDRESS_H

#include "step.h"

#define KN_PREFIX_TEXT 52
const char *kn_prefix_text(const struct kn_prefix *prefix, char buf[KN_PREFIX_TEXT]);
bool kn_prefix_equal(const struct kn_prefix *a, const struct kn_prefix *b);

typedef bool kn_address_match(const struct kn_addr_info *info, const void *data);

/* 1 if one of the link's addresses matches, 0 if none does, or -errno. */
int kn_address_find(struct kn_nets *nets, const struct kn_ns *ns, const char *link,
		    kn_address_match *match, const void *data, struct kn_err *err);

#endif
