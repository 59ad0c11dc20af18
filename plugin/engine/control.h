/* SPDX-License-Identifier: MIT */
/* control.h: takes up what kidosctl asks for, and says which collectors are at work. */
#ifndef KIDOS_ENGINE_CONTROL_H
#define KIDOS_ENGINE_CONTROL_H

struct kidos_engine;

#define KIDOS_CONTROL_MS 250 /* between looks at the request */

/* Makes and pins the maps and the folder for the lock; 0 or -errno. */
int kidos_control_start(struct kidos_engine *engine);

/* Tells which collectors are on; under the engine's lock. */
void kidos_control_publish(struct kidos_engine *engine);

/* Does and answers a request that is new; takes the engine's lock. */
void kidos_control_look(struct kidos_engine *engine);

#endif
