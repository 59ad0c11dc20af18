/* SPDX-License-Identifier: MIT */
/* ctl_file.c: what is to be said of a file before it is in force. */
#include "core/text.h"
#include "ctl/json_build.h"
#include "policy/ctl.h"
#include "policy/file.h"
#include "policy/peers.h"
#include "policy/table.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static const char *const family_names[KIDOS_POLICY_FAMILIES] = { "IPv4", "IPv6" };

static void print_list(const struct kidos_policy *policy)
{
	char name[4 * KIDOS_POLICY_NAME];

	kidos_text_escape(policy->interface, name, sizeof(name));
	printf("%-24s", *name ? name : "all other interfaces");
	for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++)
		printf("  %8zu %s%s", policy->families[f], family_names[f],
		       policy->families[f] ? "" : " (not policed)");
	printf("\n");
}

static void print_file(const char *path, const struct kidos_policy_file *file)
{
	printf("%s: %zu prefixes in %zu lists\n", path, file->prefixes, file->count);
	for (size_t i = 0; i < file->count; i++)
		print_list(&file->policies[i]);
	if (file->masked)
		printf("line %u: bits behind the prefix length are taken for 0 (%zu entries)\n",
		       file->masked_line, file->masked);
	if (file->twice)
		printf("%zu entries say what others said\n", file->twice);
}

static void json_file(const char *path, const struct kidos_policy_file *file, const char *wrong)
{
	struct json_object *object = json_object_new_object(), *lists;

	json_add_text(object, "file", path);
	json_add_bool(object, "valid", !wrong);
	json_add_text(object, "reason", wrong ? wrong : "");
	json_add_number(object, "prefixes", file->prefixes);
	json_add_number(object, "masked", file->masked);
	lists = json_add_array(object, "lists");
	for (size_t i = 0; i < file->count; i++) {
		struct json_object *list = json_object_new_object();
		char name[4 * KIDOS_POLICY_NAME];

		kidos_text_escape(file->policies[i].interface, name, sizeof(name));
		json_add_text(list, "interface", name);
		json_add_number(list, "ipv4", file->policies[i].families[KIDOS_POLICY_IPV4]);
		json_add_number(list, "ipv6", file->policies[i].families[KIDOS_POLICY_IPV6]);
		json_object_array_add(lists, list);
	}
	json_print(object);
}

int ctl_policy_check(const char *path, const struct ctl_policy_settings *settings)
{
	struct kidos_policy_file file;
	char reason[KIDOS_REASON];
	int error = kidos_policy_load(&file, path, reason);

	if (!error && !kidos_policy_room(&file)) {
		snprintf(reason, sizeof(reason), "%.200s: more prefixes than a table takes", path);
		error = -1;
	}
	if (settings->output.json)
		json_file(path, &file, error ? reason : NULL);
	else if (error)
		ctl_complain("%s", reason);
	else
		print_file(path, &file);
	kidos_policy_free(&file);
	return error ? CTL_FAILURE : CTL_OK;
}

static bool is_watched(const char *interface, const void *context)
{
	const struct ctl_state *state = context;

	for (unsigned int i = 1; i < state->maps.meta.slots; i++)
		if (!*state->slots[i].netns && ctl_slot_used(state, i) &&
		    !strncmp(state->slots[i].name, interface, IF_NAMESIZE))
			return true;
	return false;
}

/* What is in force, or -errno. */
static int read_control(const struct ctl_state *state, struct kidos_policy_control *control)
{
	int map = state->maps.fd[KIDOS_MAP_POLICY];
	int error = map < 0 ? -1 : kidos_map_read(map, 0, control);

	control->file[sizeof(control->file) - 1] = '\0';
	return error;
}

/* The daemon does not know which session we are of, where its host keeps no record of it. */
bool ctl_policy_keeps_peers(struct ctl_state *state)
{
	struct kidos_policy_control control = {};
	struct kidos_policy_file file;
	struct kidos_peers peers;
	char text[KIDOS_REASON];
	bool keeps = true;

	if (read_control(state, &control) || !control.drop ||
	    kidos_policy_load(&file, control.file, text))
		return true; /* the daemon says what is wrong */
	kidos_peers_find(&peers);
	if (kidos_peers_cut(&peers, &file, is_watched, state, text)) {
		ctl_complain("%s would cut off %s: --force takes it", control.file, text);
		keeps = false;
	}
	kidos_policy_free(&file);
	return keeps;
}
