/* SPDX-License-Identifier: MIT */
/* setup.h: what is set in an object with programs of traffic before it is loaded. */
#ifndef KIDOS_LINKS_SETUP_H
#define KIDOS_LINKS_SETUP_H

#include "state/maps.h"

#include <stdbool.h>

struct bpf_object;

/* Frames of more than one buffer (kernel 5.18): helper and flag came together. */
bool kidos_has_xdp_frags(void);
/* Without the flag, native XDP is refused where the MTU is larger than a page's frame. 0 or -errno.
 */
int kidos_allow_xdp_frags(struct bpf_object *object);

/* Of the maps that `maps` lacks: the sizes by settings. 0 or -errno. */
int kidos_set_entries(struct bpf_object *object, const struct kidos_maps *maps,
		      const struct kidos_meta *settings);

#endif
