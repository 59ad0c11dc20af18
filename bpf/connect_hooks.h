/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_hooks.h: the rung at the root cgroup: connect() as the protocol
 * gets it, without a return code. Of UDP and Unix sockets nothing says how it
 * ended.
 */
#ifndef KIDOS_CONNECT_HOOKS_H
#define KIDOS_CONNECT_HOOKS_H

#include "connect_call.h"

#define ALLOW 1

static __always_inline int hook_lost(struct kidos_connect_attempt *attempt)
{
	attempt->start = bpf_ktime_get_boot_ns();
	if (attempt->trial)
		return ALLOW;
	count_attempt(attempt);
	end_call(attempt, KIDOS_CONNECT_LOST, 0, 0, NULL);
	return ALLOW;
}

#endif
