/* SPDX-License-Identifier: MIT */
#ifndef KN_STOP_H
#define KN_STOP_H

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT end a run: it checks for them before each step and while it
 * waits.
 */
#include <stdbool.h>

/* From here on these signals are remembered and no longer end the process. SIGPIPE does nothing. */
void kn_stop_catch(void);

/* A teardown is done to its end: from here on they are ignored. */
void kn_stop_ignore(void);

bool kn_stop_asked(void);

/* Sleeps for so many milliseconds, less if a signal comes. False if one came. */
bool kn_stop_pause(unsigned int ms);

#endif
