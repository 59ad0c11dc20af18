/* SPDX-License-Identifier: MIT */
#ifndef KN_SESSION_H
#define KN_SESSION_H

/* What a command works with: the topology, the record of it, its namespaces and its steps. */
#include "nets.h"
#include "plan.h"
#include "topology.h"

#include <limits.h>

struct kn_session {
	struct kn_topology *topo;
	struct kn_state *state;
	struct kn_nets *nets;
	struct kn_plan plan;
	char place[PATH_MAX]; /* of the file, as kn_recorded_place has it */
};

#define _cleanup_session_ __attribute__((cleanup(kn_session_close)))

/* Reads the topology from the file, and opens its record: -EPERM if not root. With write, takes the
 * lock, and signals no longer end the process. The session is to be closed also on failure.
 */
int kn_session_open(struct kn_session *s, const char *file, bool write, struct kn_err *err);

/* The same for the topology that was built from the file, which may have changed or be gone since.
 * The file itself is read only if nothing is up from it; -EBUSY if its name is up from another file
 * with another content, which is still there.
 */
int kn_session_open_recorded(struct kn_session *s, const char *file, bool write,
			     struct kn_err *err);
void kn_session_close(struct kn_session *s);

/* True if nothing is up, or the file is the same as when it was built. */
bool kn_session_is_same(const struct kn_session *s);

/* -EBUSY if what is up from this file has another name or another content. */
int kn_session_check(const struct kn_session *s, struct kn_err *err);

/* Opens the namespaces and makes the plan. */
int kn_session_build(struct kn_session *s, struct kn_err *err);

/* For an up that was refused before it did anything: removes the directory that was made for it. */
void kn_session_forget_if_new(struct kn_session *s);

#endif
