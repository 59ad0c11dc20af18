/* SPDX-License-Identifier: MIT */
/* loaded.h: what is loaded and attached, which programs.c, trial.c and walk.c share. */
#ifndef KIDOS_CONNECTS_LOADED_H
#define KIDOS_CONNECTS_LOADED_H

#include "connects/links.h"
#include "connects/programs.h"
#include "connects/rungs.h"

struct bpf_object;

struct kidos_connects {
	const struct kidos_connect_rung *rung;
	const struct kidos_connect_outcomes *outcomes;
	struct kidos_connect_maps *maps;
	struct bpf_object *object; /* of the rung and the outcomes */
	struct bpf_object *unix_hook; /* NULL where the kernel has none, or the rung needs none */
	struct bpf_object *walk;
	struct kidos_connect_links links;
	struct kidos_connect_links unix_links;
	struct kidos_connect_links walk_links;
	uint64_t polled; /* CLOCK_BOOTTIME, ns: of the last walk */
};

/* trial.c: a connect() of our own to loopback. 0, -ENODATA when it was not seen, or -errno. */
int kidos_connect_trial(const struct kidos_connect_maps *maps,
			const struct kidos_connect_rung *rung);

/* walk.c: loads the walk, finds the sockets that are there, pins what kidosctl reads. 0 or -errno.
 */
int kidos_connect_walk_load(struct kidos_connects *connects,
			    const struct kidos_connect_config *config, const char *pin);
void kidos_connect_walk_free(struct kidos_connects *connects);

/* programs.c */
int kidos_connect_set_config(struct bpf_object *object, const struct kidos_connect_config *config);

#endif
