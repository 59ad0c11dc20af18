/* SPDX-License-Identifier: MIT */
#ifndef KN_NETS_H
#define KN_NETS_H

/* The network namespaces of a topology, with a descriptor and an rtnetlink socket for each, opened
 * on first use. For one thread, which changes namespace only inside these functions.
 */
#include "namespace.h"
#include "read.h"
#include "state.h"
#include "netlink/talk.h"
#include "topology.h"

struct kn_nets {
	const struct kn_topology *topo;
	struct kn_state *state; /* NULL in a dry run without one */
	const char *place; /* of the file, for the journal; NULL: unknown */
	struct kn_ns_ref {
		int fd;
		struct kn_talk *talk;
		bool fresh; /* made in this run: nothing of ours is in it yet */
	} *refs; /* one for each of topo->ns; [0] is where we were started */
	struct kn_holders holders; /* of namespaces, once down asks */
	bool no_dad; /* skip duplicate address detection: addresses are usable at once */
	bool no_matchall; /* this kernel has none: found out once */
};

int kn_nets_open(struct kn_nets **out, const struct kn_topology *topo, struct kn_err *err);
void kn_nets_close(struct kn_nets *nets); /* NULL is fine */

struct kn_ns_ref *kn_nets_ref(struct kn_nets *nets, const struct kn_ns *ns);

/* A namespace's descriptor, -ENOENT if there is no such namespace. Not the caller's to close. */
int kn_nets_fd(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err);

/* Its rtnetlink socket. */
int kn_nets_talk(struct kn_nets *nets, const struct kn_ns *ns, struct kn_talk **out,
		 struct kn_err *err);

/* Moves the thread into a namespace, and back to where it was started. */
int kn_nets_enter(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err);
void kn_nets_leave(struct kn_nets *nets);

/* Closes what is held of a namespace, so that it can go. */
void kn_nets_forget(struct kn_nets *nets, const struct kn_ns *ns);

/* A link by name: 0, -ENODEV if there is none, -ENOENT if its namespace is missing. */
int kn_nets_link(struct kn_nets *nets, const struct kn_ns *ns, const char *name,
		 struct kn_link_info *out, struct kn_err *err);

/* Sends one change into a namespace. */
int kn_nets_do(struct kn_nets *nets, const struct kn_ns *ns, struct nlmsghdr *nlh,
	       struct kn_err *err);

/* True for the errors that mean that the object, its link or its namespace is gone. */
bool kn_is_gone(int code);

#endif
