/* SPDX-License-Identifier: MIT */
#ifndef KN_NAMESPACE_H
#define KN_NAMESPACE_H

#include "err.h"

#include <stddef.h>

#define KN_NETNS_DIR "/run/netns"

/* A descriptor of /run/netns/NAME, or -ENOENT if it is missing or holds no namespace. */
int kn_namespace_open(const char *name, struct kn_err *err);

/* Names the processes, other than this one, that keep the network namespace at fd alive: living in
 * it, or holding it by a descriptor. Returns how many; buf gets the first
 * few, as "pid 12 (sleep)".
 */
unsigned int kn_namespace_holders(int fd, char *buf, size_t size);

#endif
