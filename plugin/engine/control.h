/* SPDX-License-Identifier: MIT */
/* control.h: kidosctl's requests, taken up and answered. */
#ifndef KIDOS_ENGINE_CONTROL_H
#define KIDOS_ENGINE_CONTROL_H

#include "engine/engine_internal.h"

#define KIDOS_CONTROL_MS 250 /* between polls for a request */

/* Makes and pins the maps; 0 or -errno. */
int kidos_control_start(struct kidos_engine *engine);

/* Every collector's state, for kidosctl. Under the lock. */
void kidos_control_publish(struct kidos_engine *engine);

/*
 * Takes the request that waits, under the lock; false when there is none. Then
 * answers it, so that in between its effect may be waited for.
 */
bool kidos_control_take(struct kidos_engine *engine, struct kidos_answer *answer);
void kidos_control_answer(struct kidos_engine *engine, struct kidos_answer *answer);

#endif
