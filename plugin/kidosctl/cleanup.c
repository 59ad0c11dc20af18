/* SPDX-License-Identifier: MIT */
/* cleanup.c: removes what a plugin that was killed left, where none has started since. */
#include "kidosctl/commands.h"
#include "links/programs.h"
#include "links/recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* It may be a wrong one by mistake: others pin too. */
static int check_directory(const char *path)
{
	if (kidos_state_is_marked(path))
		return CTL_OK;
	ctl_complain("%s: %s", path,
		     errno == EACCES ? strerror(errno) : "not a state directory of kidos");
	return CTL_FAILURE;
}

/* What is still attached is only known by the records, which stay then. */
static int take_away(struct kidos_state *state)
{
	unsigned int left = kidos_recover(state);
	int removed;

	if (left) {
		ctl_complain("%s: %u programs are still attached (it takes CAP_NET_ADMIN, and "
			     "CAP_SYS_ADMIN for namespaces)",
			     state->path, left);
		close(state->lock);
		return CTL_FAILURE;
	}
	removed = kidos_state_clear(state, false);
	kidos_state_release(state);
	printf("%s: removed, with %d pins\n", state->path, removed);
	return CTL_OK;
}

int ctl_cleanup(const struct ctl_call *call)
{
	struct kidos_state state;
	char reason[KIDOS_REASON];

	if (access(call->state, F_OK) && errno == ENOENT) {
		printf("%s: nothing is left\n", call->state);
		return CTL_OK;
	}
	if (check_directory(call->state))
		return CTL_FAILURE;
	kidos_libbpf_quiet();
	if (kidos_state_acquire(&state, call->state, reason)) {
		ctl_complain("%s", reason);
		return CTL_FAILURE;
	}
	return take_away(&state);
}
