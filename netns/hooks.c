/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <signal.h>
#include <stdlib.h>

static bool reached(const char *name, unsigned long *count)
{
	const char *value = getenv(name);

	return value && ++*count == strtoul(value, NULL, 10);
}

static void maybe_kill(void)
{
	static unsigned long steps;

	if (reached(KN_HOOK_KILL_AT, &steps))
		raise(SIGKILL);
}

bool kn_hook_message(void)
{
	static unsigned long messages;

	return reached(KN_HOOK_FAIL_MESSAGE, &messages);
}

bool kn_hook_step_up(void)
{
	static unsigned long steps;

	maybe_kill();
	return reached(KN_HOOK_FAIL_AT, &steps);
}

void kn_hook_step_down(void)
{
	maybe_kill();
}
