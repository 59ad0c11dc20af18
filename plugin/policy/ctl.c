/* SPDX-License-Identifier: MIT */
#include "policy/ctl.h"
#include "core/text.h"
#include "ctl/request.h"

#include <stdio.h>
#include <string.h>

static bool set_cover(void *field, const char *value)
{
	return kidos_text_number(value, 1, 100, field);
}

const struct ctl_option ctl_policy_options[] = {
	{ "force", NULL, "reload: also a file that cuts off the gateway, a resolver or a session",
	  ctl_set_true, offsetof(struct ctl_policy_settings, force), false },
	{ "cover", "PERCENT", "1 to 100 (default 99) percent of the packets: suggest", set_cover,
	  offsetof(struct ctl_policy_settings, cover), false },
	CTL_OPTION_LIMIT(struct ctl_policy_settings),
	CTL_OPTION_JSON(struct ctl_policy_settings),
	{},
};

static const struct ctl_policy_settings defaults = { .output.limit = CTL_LIMIT, .cover = 99 };

static int ask(struct ctl_state *state, unsigned int verb, unsigned int argument)
{
	struct kidos_request request = { .verb = verb, .argument = argument };
	int maps[KIDOS_CONTROL_MAPS];
	int error = kidos_control_open(maps, state->path), code;

	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	code = ctl_request(maps, state->path, state->maps.meta.pid, &request);
	kidos_map_set_close(&kidos_control_map_set, maps);
	return code;
}

static int run_check(struct ctl_state *state, const char *file,
		     const struct ctl_policy_settings *settings)
{
	(void)state;
	return ctl_policy_check(file, settings);
}

static int run_show(struct ctl_state *state, const char *file,
		    const struct ctl_policy_settings *settings)
{
	(void)file;
	return ctl_policy_show(state, settings);
}

static int run_confirm(struct ctl_state *state, const char *file,
		       const struct ctl_policy_settings *settings)
{
	(void)file;
	(void)settings;
	return ask(state, KIDOS_REQUEST_POLICY_CONFIRM, 0);
}

static int run_reload(struct ctl_state *state, const char *file,
		      const struct ctl_policy_settings *settings)
{
	(void)file;
	if (!settings->force && !ctl_policy_keeps_peers(state))
		return CTL_FAILURE;
	return ask(state, KIDOS_REQUEST_POLICY_RELOAD, settings->force);
}

static int run_suggest(struct ctl_state *state, const char *file,
		       const struct ctl_policy_settings *settings)
{
	(void)file;
	return ctl_policy_suggest(state, settings);
}

static const struct verb {
	const char *name;
	bool takes_file, needs_state;
	int (*run)(struct ctl_state *state, const char *file,
		   const struct ctl_policy_settings *settings);
} verbs[] = {
	{ "check", true, false, run_check },   { "test", true, true, ctl_policy_test },
	{ "show", false, true, run_show },     { "confirm", false, true, run_confirm },
	{ "reload", false, true, run_reload }, { "suggest", false, true, run_suggest },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static bool is_right(const struct verb *verb, const char *word, const char *file)
{
	if (!verb)
		ctl_complain("policy: no such verb: %s", word);
	else if (verb->takes_file && !file)
		ctl_complain("policy %s takes a file", verb->name);
	else if (!verb->takes_file && file)
		ctl_complain("policy %s takes no file", verb->name);
	return verb && verb->takes_file == (file != NULL);
}

static int run(const struct ctl_call *call)
{
	const char *file = call->words[0] ? call->words[1] : NULL;
	const struct verb *verb = find_verb(call->words[0]);
	struct ctl_state state;
	int code = CTL_OK;

	if (!is_right(verb, call->words[0], file))
		return CTL_USAGE;
	if (!verb->needs_state)
		return verb->run(NULL, file, call->settings);
	code = ctl_state_open(&state, call->state);
	if (code)
		return code;
	code = verb->run(&state, file, call->settings);
	ctl_state_close(&state);
	return code;
}

const struct ctl_command ctl_policy = {
	.name = "policy",
	.help = "the networks that are permitted: tries a file, shows and changes what is in force",
	.options = ctl_policy_options,
	.words = "check|test|show|confirm|reload|suggest [FILE]",
	.size = sizeof(struct ctl_policy_settings),
	.defaults = &defaults,
	.run = run,
};
