/* SPDX-License-Identifier: MIT */
/* cleanup.c: removes what a plugin that was killed left, where none has started since. */
#include "kidosctl/commands.h"
#include "links/recover.h"
#include "state/control_maps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The directory may be a wrong one by mistake: others pin too. The plugin's first pins, and its
 * last. */
static bool is_ours(const char *path)
{
	const char *const names[] = { kidos_control_map_set.rows[0].name, "meta" };
	char pin[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(pin, sizeof(pin), "%s/%s", path, names[i]);
		if (!access(pin, F_OK))
			return true;
	}
	return false;
}

int ctl_cleanup(const struct ctl_call *call)
{
	struct kidos_state state;
	char reason[KIDOS_REASON];
	int removed;

	if (access(call->state, F_OK) && errno == ENOENT) {
		printf("%s: nothing is left\n", call->state);
		return CTL_OK;
	}
	if (!is_ours(call->state)) {
		ctl_complain("%s: not a state directory of kidos", call->state);
		return CTL_FAILURE;
	}
	if (kidos_state_acquire(&state, call->state, reason)) {
		ctl_complain("%s", reason);
		return CTL_FAILURE;
	}
	removed = kidos_recover(&state);
	kidos_state_release(&state);
	printf("%s: removed, with %d pins\n", call->state, removed);
	return CTL_OK;
}
