/* SPDX-License-Identifier: MIT */
#ifndef KN_RESOLV_H
#define KN_RESOLV_H

#include "topology.h"

/* /etc/netns/NAME/resolv.conf, which `ip netns exec` mounts over /etc/resolv.conf. */
#define KN_ETC_NETNS "/etc/netns"

/* Writes the file, refusing one that is not ours (-EEXIST). */
int kn_resolv_write(const char *ns, const char *text, struct kn_err *err);
/* Removes the file if it is ours, and the directory if it is empty then. */
int kn_resolv_remove(const char *ns, struct kn_err *err);
/* Its text, NULL if there is none; the caller frees it. */
char *kn_resolv_read(const char *ns);
/* The first line of every such file of ours. */
extern const char kn_resolv_mark[];

#endif
