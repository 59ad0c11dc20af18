/* SPDX-License-Identifier: MIT */
/* loaded.h: what is loaded and attached, which programs.c, trial.c and walk.c share. */
#ifndef KIDOS_CONNECTS_LOADED_H
#define KIDOS_CONNECTS_LOADED_H

#include "connects/links.h"
#include "connects/programs.h"
#include "connects/rungs.h"

struct bpf_object;

/* An object beside the rung's, which not every kernel can have. */
struct kidos_connect_part {
	struct bpf_object *object; /* NULL: there is none */
	struct kidos_connect_links links;
};

struct kidos_connects {
	const struct kidos_connect_rung *rung;
	const struct kidos_connect_outcomes *outcomes;
	struct kidos_connect_maps *maps;
	struct bpf_object *object; /* of the rung and the outcomes */
	struct kidos_connect_part unix_hook; /* of the rung at the root cgroup */
	struct kidos_connect_part sends;
	struct bpf_object *walk;
	struct kidos_connect_links links;
	struct kidos_connect_links walk_links;
	uint64_t polled; /* CLOCK_BOOTTIME, ns: of the last walk */
};

/* trial.c: a connect() of our own to loopback. 0, -ENODATA when it was not seen, or -errno. */
int kidos_connect_trial(const struct kidos_connect_maps *maps,
			const struct kidos_connect_rung *rung);

/*
 * walk.c: loads the walk, finds the sockets that are there. Adds to blind what
 * it does not find. 0 or -errno.
 */
int kidos_connect_walk_load(struct kidos_connects *connects,
			    const struct kidos_connect_config *config,
			    struct kidos_connect_state *state);
void kidos_connect_walk_free(struct kidos_connects *connects);

/*
 * parts.c: connect() of Unix sockets at the root cgroup; datagrams of sockets
 * that are not connected, dear: also where that is so. 0 or -errno.
 */
int kidos_connect_load_unix(struct kidos_connects *connects,
			    const struct kidos_connect_config *config, int root);
int kidos_connect_load_sends(struct kidos_connects *connects,
			     const struct kidos_connect_config *config, int root, bool dear);
void kidos_connect_part_free(struct kidos_connect_part *part);

/* price.c: ns of a system call that does next to nothing; and what it takes more now than before.
 */
uint64_t kidos_connect_syscall_ns(void);
uint64_t kidos_connect_above(uint64_t before);

/* programs.c */
int kidos_connect_set_config(struct bpf_object *object, const struct kidos_connect_config *config);

#endif
