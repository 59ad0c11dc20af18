/* SPDX-License-Identifier: MIT */
#ifndef KN_STOP_H
#define KN_STOP_H

/* SIGINT and SIGTERM ask a run to end; whoever waits or goes on to a next step asks whether one
 * came.
 */
#include <stdbool.h>

/* From here on these signals are remembered and no longer end the process. */
void kn_stop_catch(void);

/* A teardown is done to its end: from here on they are ignored. */
void kn_stop_ignore(void);

bool kn_stop_asked(void);

/* Sleeps for so many milliseconds, less if a signal comes. False if one came. */
bool kn_stop_pause(unsigned int ms);

#endif
