/* SPDX-License-Identifier: MIT */
/* netns.h: visiting a named network namespace for a moment. */
#ifndef KIDOS_LINKS_NETNS_H
#define KIDOS_LINKS_NETNS_H

#include <stdbool.h>

#define KIDOS_NETNS_DIR "/run/netns"

/* The thread's way back; fd is -1 for a visit that needs none. */
struct kidos_netns_visit {
	int home;
};

/*
 * Moves the calling thread into the namespace called name ("" stays where it
 * is). Keeps no descriptor of the namespace: one that stays open would keep
 * its devices alive after `ip netns del`. Returns 0 or -errno (ENOENT: no such
 * namespace, EPERM: CAP_SYS_ADMIN is missing). Pair with kidos_netns_leave.
 */
int kidos_netns_enter(const char *name, struct kidos_netns_visit *visit);
void kidos_netns_leave(struct kidos_netns_visit *visit);

/*
 * Identity of a namespace (inode on nsfs), which takes no descriptor. 0 or
 * -errno; only -ENOENT says that there is none by that name.
 */
int kidos_netns_inode(const char *name, unsigned long *inode);
/* Is it the one with this inode? False also where that cannot be found out. */
bool kidos_netns_is(const char *name, unsigned long inode);

#endif
