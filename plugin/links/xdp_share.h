/* SPDX-License-Identifier: MIT */
/* xdp_share.h: the XDP hook shared with other programs through libxdp's dispatcher. */
#ifndef KIDOS_LINKS_XDP_SHARE_H
#define KIDOS_LINKS_XDP_SHARE_H

#include "core/config.h"

#include <stdbool.h>
#include <stdint.h>

struct bpf_object;

/* Programs of ours: the one with this id, or, with id 0, those that use the map with this id. */
struct kidos_shared {
	uint32_t program;
	uint32_t map;
};

/* Opens an object and does not load it; NULL with errno. */
typedef struct bpf_object *(*kidos_share_open)(const void *context);

/*
 * Hands an object to libxdp, which loads its program with this name into the
 * dispatcher of the interface, or alone where the kernel cannot replace
 * functions. Runs in the interface's namespace; open runs in a thread. The
 * program outlives this process. Returns 0 with its id and, in words, what it
 * shares the hook with; or -errno and why.
 */
int kidos_share_attach(kidos_share_open open, const void *context, const char *name,
		       unsigned int ifindex, bool generic, uint32_t *program,
		       char words[KIDOS_REASON]);

/* Is it still at the interface? In the interface's namespace. */
bool kidos_share_alive(unsigned int ifindex, uint32_t program);

/* Takes ours from the interface; others stay and go on. In the interface's namespace. */
void kidos_share_detach(unsigned int ifindex, const struct kidos_shared *ours);

/* Removes what libxdp pinned of ours: an interface that went away leaves that behind. */
void kidos_share_unpin(const struct kidos_shared *ours);

#endif
