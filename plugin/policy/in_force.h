/* SPDX-License-Identifier: MIT */
/*
 * in_force.h: the policy that the programs go by. Another one is put beside
 * it, table by table, and comes into force as a whole with the generation.
 */
#ifndef KIDOS_POLICY_IN_FORCE_H
#define KIDOS_POLICY_IN_FORCE_H

#include "policy/file.h"
#include "state/maps.h"

struct kidos_in_force {
	const struct kidos_maps *maps;
	uint32_t room; /* bytes of each table */
	unsigned int slots;
	struct kidos_policy_control *control; /* mapped; NULL: not open */
	struct kidos_policy_file file; /* no policies: none was loaded yet */
	bool places[KIDOS_POLICY_TABLES]; /* that have a table */
	bool is_on; /* else the generation the programs see is 0 */
	uint32_t generation; /* of the tables that are there */
};

/* 0 or -errno. The maps must be there (meta.policy_room). */
int kidos_in_force_open(struct kidos_in_force *force, const struct kidos_maps *maps,
			const struct kidos_meta *meta);
void kidos_in_force_close(struct kidos_in_force *force);

/*
 * Puts the file's tables beside those in force; slots: which interface has
 * which policy. The file is taken, and becomes the one in force with
 * kidos_in_force_switch. 0, or -errno with all as it was: -E2BIG where a table
 * has more prefixes than there is room for.
 */
int kidos_in_force_put(struct kidos_in_force *force, struct kidos_policy_file *file,
		       const struct kidos_slot *slots);

/* Nothing is policed until it is on again. Cached verdicts do not outlive it. */
void kidos_in_force_switch(struct kidos_in_force *force, bool on);

/* The slot is this interface's from now on. */
void kidos_in_force_slot(struct kidos_in_force *force, unsigned int slot,
			 const struct kidos_slot *interface);

#endif
