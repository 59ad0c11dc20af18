/* SPDX-License-Identifier: MIT */
#ifndef KN_HOOKS_H
#define KN_HOOKS_H

/* Faults on request, for the tests (man page, TESTING). Each variable holds a number counted
 * from 1; unset means never.
 */
#include <stdbool.h>

#define KN_HOOK_FAIL_AT "KIDOS_NETNS_FAIL_AT" /* up fails after its Nth step */
#define KN_HOOK_KILL_AT "KIDOS_NETNS_KILL_AT" /* SIGKILL after the Nth step */
#define KN_HOOK_FAIL_MESSAGE "KIDOS_NETNS_FAIL_MESSAGE" /* the Nth change fails unsent */

bool kn_hook_message(void); /* true: this change fails */
bool kn_hook_step_up(void); /* true: fail now; may not return */
void kn_hook_step_down(void); /* may not return */

#endif
