/* SPDX-License-Identifier: MIT */
/*
 * answer.h: answers whose a packet is, for who has packets: out of recent events, which are read
 * up to the packet's time, and of the sockets that were open when a capture began.
 */
#ifndef KIDOS_CONNECTS_ANSWER_H
#define KIDOS_CONNECTS_ANSWER_H

#include "connects/maps.h"
#include "context.h"

struct kidos_connect_answers;

/*
 * Takes KIDOS_SINK_WHOSE and KIDOS_SINK_CAPTURE_BEGINS, before the threads that give are started.
 * NULL without memory.
 */
struct kidos_connect_answers *kidos_connect_answers_new(struct kidos_context *context);
/* Accepts NULL, as do the others. */
void kidos_connect_answers_free(struct kidos_connect_answers *answers);

/* From now on, and to the stop; again later. 0 or -errno. Nothing where nobody asks. */
int kidos_connect_answers_start(struct kidos_connect_answers *answers,
				const struct kidos_connect_maps *maps,
				const struct kidos_connect_state *state);
void kidos_connect_answers_stop(struct kidos_connect_answers *answers);

#endif
