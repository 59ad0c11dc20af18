/* SPDX-License-Identifier: MIT */
#ifndef KN_NAMESPACE_H
#define KN_NAMESPACE_H

#include "netlink/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define KN_NETNS_DIR "/run/netns"

/* A descriptor of /run/netns/NAME, or -ENOENT if it is missing or holds no namespace. */
int kn_namespace_open(const char *name, struct kn_err *err);

/* Processes other than this one that keep a network namespace alive: they run in it or hold a
 * descriptor of it. One walk over /proc serves all namespaces of a topology.
 */
struct kn_holder {
	dev_t dev;
	ino_t ino;
	int pid;
};

struct kn_holders {
	bool scanned;
	struct kn_holder *list; /* the owner frees it */
	size_t n;
};

void kn_holders_scan(struct kn_holders *holders);

/* How many hold the namespace at ns_fd; buf gets the first few, as "pid 12 (sleep)". */
unsigned int kn_holders_of(const struct kn_holders *holders, int ns_fd, char *buf, size_t size);

#endif
