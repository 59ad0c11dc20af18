/* SPDX-License-Identifier: MIT */
#ifndef KN_WORLD_H
#define KN_WORLD_H

/* The kernel's side of a topology: a descriptor and a socket for each of its namespaces, opened
 * when first asked for. One thread, which changes namespace only inside these functions.
 */
#include "namespace.h"
#include "read.h"
#include "state.h"
#include "netlink/talk.h"
#include "topology.h"

struct kn_world {
	const struct kn_topology *topo;
	struct kn_state *state; /* NULL in a dry run without one */
	const char *place; /* of the file, for the journal; NULL: unknown */
	struct kn_ns_ref {
		int fd;
		struct kn_talk *talk;
		bool fresh; /* made in this run: nothing of ours is in it yet */
	} *refs; /* one for each of topo->ns; [0] is where we were started */
	struct kn_holders holders; /* of namespaces, once down asks */
	bool no_dad; /* nobody is there to ask for duplicates: addresses are usable at once */
	bool no_matchall; /* this kernel has none: found out once */
};

int kn_world_open(struct kn_world **out, const struct kn_topology *topo, struct kn_err *err);
void kn_world_close(struct kn_world *world); /* NULL is fine */

struct kn_ns_ref *kn_world_ref(struct kn_world *world, const struct kn_ns *ns);

/* A namespace's descriptor, -ENOENT if there is no such namespace. Not the caller's to close. */
int kn_world_fd(struct kn_world *world, const struct kn_ns *ns, struct kn_err *err);

/* Its rtnetlink socket. */
int kn_world_talk(struct kn_world *world, const struct kn_ns *ns, struct kn_talk **out,
		  struct kn_err *err);

/* The thread goes into a namespace, and back to where it was started. */
int kn_world_enter(struct kn_world *world, const struct kn_ns *ns, struct kn_err *err);
void kn_world_leave(struct kn_world *world);

/* Closes what is held of a namespace, so that it can go. */
void kn_world_forget(struct kn_world *world, const struct kn_ns *ns);

/* A link by name: 0, -ENODEV if there is none, -ENOENT if its namespace is missing. */
int kn_world_link(struct kn_world *world, const struct kn_ns *ns, const char *name,
		  struct kn_link_info *out, struct kn_err *err);

/* Sends one change into a namespace. */
int kn_world_do(struct kn_world *world, const struct kn_ns *ns, struct nlmsghdr *nlh,
		struct kn_err *err);

/* True for the errors of a thing, its link or its namespace being gone. */
bool kn_is_gone(int code);

#endif
