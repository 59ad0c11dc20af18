/* SPDX-License-Identifier: MIT */
#include "connects/loaded.h"
#include "core/now.h"

#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 64
#define CALLS 500

/* The best of some rounds: others run on this CPU too. */
uint64_t kidos_connect_syscall_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = kidos_now_ns(CLOCK_MONOTONIC), took;

		for (int i = 0; i < CALLS; i++)
			syscall(SYS_getppid);
		took = kidos_now_ns(CLOCK_MONOTONIC) - start;
		best = took < best ? took : best;
	}
	return best / CALLS;
}

uint64_t kidos_connect_above(uint64_t before)
{
	uint64_t now = kidos_connect_syscall_ns();

	return now > before ? now - before : 0;
}
