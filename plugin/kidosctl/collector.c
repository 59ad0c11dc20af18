/* SPDX-License-Identifier: MIT */
/* collector.c: asks the plugin to switch a collector. */
#include "ctl/request.h"
#include "ctl/state.h"
#include "kidosctl/commands.h"

#include <stdio.h>
#include <string.h>

/* Does the daemon have a collector of this name? names: those it has. */
static bool is_collector(const int maps[KIDOS_CONTROL_MAPS], const char *name, char *names,
			 size_t size)
{
	struct kidos_collector_status status;
	size_t used = 0;

	*names = '\0';
	for (unsigned int i = 0; i < KIDOS_COLLECTORS_MAX && used < size; i++) {
		if (kidos_map_read(maps[KIDOS_CONTROL_COLLECTORS], i, &status) || !*status.name)
			break;
		status.name[KIDOS_COLLECTOR_NAME - 1] = '\0';
		if (!strcmp(status.name, name))
			return true;
		used += (size_t)snprintf(names + used, size - used, " %s", status.name);
	}
	return false;
}

static int ask_daemon(const char *state, unsigned int pid, struct kidos_request *request)
{
	char names[KIDOS_COLLECTORS_MAX * KIDOS_COLLECTOR_NAME];
	int maps[KIDOS_CONTROL_MAPS];
	int error = kidos_control_open(maps, state), code;

	if (error) {
		ctl_complain("%s: %s", state, strerror(-error));
		return CTL_FAILURE;
	}
	if (is_collector(maps, request->text, names, sizeof(names))) {
		code = ctl_request(maps, state, pid, request);
	} else {
		ctl_complain("no collector is called %s: there are%s", request->text, names);
		code = CTL_USAGE;
	}
	kidos_map_set_close(&kidos_control_map_set, maps);
	return code;
}

int ctl_collector(const struct ctl_call *call)
{
	const char *name = call->words[0], *word = call->words[1];
	struct kidos_request request = { .verb = KIDOS_REQUEST_COLLECTOR,
					 .argument = !strcmp(word, "on") };
	struct ctl_state state;
	int code;

	if (!request.argument && strcmp(word, "off")) {
		ctl_complain("%s: neither on nor off", word);
		return CTL_USAGE;
	}
	snprintf(request.text, sizeof(request.text), "%s", name);
	code = ctl_state_open(&state, call->state);
	if (code)
		return code;
	code = ask_daemon(call->state, state.maps.meta.pid, &request);
	ctl_state_close(&state);
	return code;
}
