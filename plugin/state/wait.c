/* SPDX-License-Identifier: MIT */
#include "state/wait.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GRACE_NS 20000000 /* a program runs for microseconds */

/*
 * The global barrier waits for just that; kernels with nohz_full have none,
 * and with one CPU it is none.
 */
void kidos_programs_wait(void)
{
	const struct timespec grace = { .tv_nsec = GRACE_NS };

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&grace, NULL);
}
