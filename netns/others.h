/* SPDX-License-Identifier: MIT */
#ifndef KN_OTHERS_H
#define KN_OTHERS_H

/* The other topologies that are up or half up. Two of them may name the same namespace, or the same
 * link: whichever goes first leaves to the other what that one holds too.
 */
#include "state.h"
#include "step.h"

struct kn_others {
	struct kn_other *list;
	size_t n;
};

#define _cleanup_others_ __attribute__((cleanup(kn_others_close)))

/* Reads their records. mine, a name, is left out. The others are to be closed also on failure. */
int kn_others_open(struct kn_others *others, const char *mine, struct kn_err *err);
void kn_others_close(struct kn_others *others);

/* The name of a topology that has this step in its plan too, or NULL. */
const char *kn_others_have(const struct kn_others *others, const struct kn_step *step,
			   const char *key);

/* The step becomes theirs: their down undoes it. was is the value to put back, or NULL. */
int kn_others_take(const struct kn_others *others, const char *key, const char *was,
		   struct kn_err *err);

#endif
