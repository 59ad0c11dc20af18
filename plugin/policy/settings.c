/* SPDX-License-Identifier: MIT */
#include "policy/settings.h"
#include "core/config_value.h"

const char *const kidos_action_names[] = { "log", "drop", NULL };

static int check_file(const char *path, char reason[KIDOS_REASON])
{
	return *path == '/' ? 0 : kidos_fail(reason, "not an absolute path");
}

#define AT(field) KIDOS_OPTION_AT(kidos_policy_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "judge received packets by their source" },
	{ "PermittedFile", KIDOS_OPTION_STRING, AT(file),
	  KIDOS_OPTION_ROOM(kidos_policy_settings, file), "/etc/kidos/permitted.json", NULL,
	  "file with the networks that are permitted", check_file },
	{ "Action", KIDOS_OPTION_CHOICE, AT(action), 0, 0, "log", kidos_action_names,
	  "what becomes of packets from other sources; drop logs them too" },
	{ "FailOpen", KIDOS_OPTION_BOOLEAN, AT(fail_open), 0, 0, "true", NULL,
	  "pass what cannot be judged; false: drop it, as Action drops" },
	{ "Confirm", KIDOS_OPTION_NUMBER, AT(confirm), 0, 86400, "0", NULL,
	  "seconds within which a policy that drops must be confirmed; 0: need not be" },
};

const struct kidos_block kidos_policy_block = {
	.name = "Policy",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_policy_settings),
	.off_without = true,
};
