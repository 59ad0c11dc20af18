/* SPDX-License-Identifier: MIT */
/* load.h: a file that was read becomes the policy in force. */
#ifndef KIDOS_POLICY_LOAD_H
#define KIDOS_POLICY_LOAD_H

#include "policy/state.h"

/*
 * Takes the file, which is empty then, and logs what there is to say about it.
 * carefully: one that would cut off a peer is refused; else it has to be
 * confirmed. 0 or -errno: the former policy stays, and state->reason says why.
 */
int kidos_policy_take(struct kidos_policy_state *state, struct kidos_policy_file *file,
		      bool carefully);

/* Reads the file of the configuration, and takes it. */
int kidos_policy_reload(struct kidos_policy_state *state, bool carefully);

/* What drops now goes on to. 0, or -ENOENT where nothing waits for it, or -errno of remembering it.
 */
int kidos_policy_confirm(struct kidos_policy_state *state);

/* It logs what it would drop, as if it had not been confirmed in time, until it is. */
void kidos_policy_disarm(struct kidos_policy_state *state);

#endif
