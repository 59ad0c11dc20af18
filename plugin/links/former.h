/* SPDX-License-Identifier: MIT */
/*
 * former.h: programs of a daemon that was killed, which go on until this one's
 * are in their place: a policy has no gap. What they hang on is kept in the
 * state directory under names of their own, so that another kill changes
 * nothing.
 */
#ifndef KIDOS_LINKS_FORMER_H
#define KIDOS_LINKS_FORMER_H

#include "links/attachment.h"

/* Keeps links, filters and what they jump by; all else is to be cleared. */
void kidos_former_keep(const struct kidos_state *state);

/*
 * The former daemon's link at the XDP hook of the attachment's interface,
 * which has this program from now on; -ENOENT where the hook is another's, or
 * free, or the link is of another mode, and detached then. In the interface's
 * namespace. The descriptor is the caller's.
 */
int kidos_former_xdp(const struct kidos_attachment *attachment, int program, unsigned int flags);

/*
 * Puts the program in the place of the former daemon's filter, whose priority
 * and qdisc the attachment has then. 0 or -errno: -ENOENT where there is none.
 * In the interface's namespace.
 */
int kidos_former_filter(struct kidos_attachment *attachment, int program);
/* Did the former daemon make the qdisc that its filter hangs on? */
bool kidos_former_made_clsact(const struct kidos_attachment *attachment);

/* What nobody took over goes. Returns how many programs are still there. */
unsigned int kidos_former_drop(const struct kidos_state *state);

#endif
