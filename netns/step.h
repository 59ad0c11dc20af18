/* SPDX-License-Identifier: MIT */
#ifndef KN_STEP_H
#define KN_STEP_H

/* A topology is built by steps. Each can be probed, made and undone. One file for each kind of
 * step.
 */
#include "nets.h"

#define KN_STEP_TEXT 384

enum kn_found {
	KN_ABSENT,
	KN_FITS, /* there, and as in the topology */
	KN_DIFFERS, /* there, but not as in the topology; the error text has the difference */
};

struct kn_step {
	const struct kn_step_ops *ops;
	struct kn_ns *ns; /* whose namespace it changes */
	struct kn_link *link; /* whose link, or NULL */
	const void *item; /* the address, route, sysctl, mirror */
	enum kn_direction direction;
};

struct kn_step_ops {
	/* It needs no undoing if its namespace goes as a whole. */
	bool goes_with_namespace;
	/* One line for --dry-run, and the step's name in the record. */
	void (*text)(const struct kn_step *step, char *buf, size_t size);
	/* Changes nothing. Returns enum kn_found or -errno. */
	int (*probe)(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);
	int (*make)(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);
	/* Changes what is there to what the topology has; NULL: make does that too. */
	int (*mend)(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);
	/* Works also if the step was half done or not done at all. */
	int (*undo)(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);
	/* A value that undo will want back, allocated; NULL if there is none. */
	char *(*was)(struct kn_nets *nets, const struct kn_step *step);
};

extern const struct kn_step_ops kn_step_namespace, kn_step_veth, kn_step_bridge, kn_step_vlan,
	kn_step_macvlan, kn_step_uplink, kn_step_master, kn_step_up, kn_step_address, kn_step_route,
	kn_step_sysctl, kn_step_link_sysctl, kn_step_resolv, kn_step_clsact, kn_step_mirror,
	kn_step_dhcp;

/* "kd-a/a0", or "a0" where we were started. The uplink is called so before its name is known. */
#define KN_LINK_TEXT (KN_NS_NAME + IFNAMSIZ)
const char *kn_link_text(const struct kn_link *link, char buf[KN_LINK_TEXT]);

#endif
