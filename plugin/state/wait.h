/* SPDX-License-Identifier: MIT */
/* wait.h: for programs that may not have seen what was just written. */
#ifndef KIDOS_STATE_WAIT_H
#define KIDOS_STATE_WAIT_H

/* Until every program that runs now has ended. */
void kidos_programs_wait(void);

#endif
