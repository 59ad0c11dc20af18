/* SPDX-License-Identifier: MIT */
#include "policy/load.h"
#include "core/log.h"
#include "core/now.h"
#include "policy/confirmed.h"
#include "policy/peers.h"
#include "policy/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS 1000000000u
#define CONFIRM_CUT 60 /* seconds that a policy which cuts off a peer is tried, without Confirm */

/*
 * Does a rule take the interface of collectd's own namespace? Without rules those are watched that
 * a gateway is behind.
 */
static bool is_watched(const char *interface, const void *context)
{
	const struct kidos_config *config = context;

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct kidos_interface_rule *rule = &config->rules[i];

		if (*rule->netns)
			continue;
		if (rule->is_regex ? !regexec(&rule->regex, interface, 0, NULL, 0)
				   : !strcmp(rule->pattern, interface))
			return true;
	}
	return !config->rule_count;
}

static void log_family(const struct kidos_policy *policy, unsigned int family, const char *name)
{
	const char *of = *policy->interface ? policy->interface : "all other interfaces";
	bool permits = false;

	for (size_t i = 0; i < policy->count && !permits; i++)
		permits = policy->prefixes[i].permit &&
			  policy->prefixes[i].prefix.ipv4 == (family == KIDOS_POLICY_IPV4);
	if (!policy->families[family])
		kidos_log(LOG_WARNING, "policy of %s: no %s prefix, so %s is not policed", of, name,
			  name);
	else if (!permits)
		kidos_log(LOG_WARNING, "policy of %s: no %s source is permitted", of, name);
}

static void log_file(const struct kidos_policy_state *state, const struct kidos_policy_file *file)
{
	const char *path = state->settings->file;

	kidos_log(LOG_NOTICE, "policy: %s: %zu prefixes in %zu lists; other sources are %s", path,
		  file->prefixes, file->count,
		  state->settings->action == KIDOS_ACTION_DROP ? "dropped" : "logged");
	if (file->masked)
		kidos_log(LOG_NOTICE,
			  "policy: %s:%u: bits behind the prefix length are taken for 0 (%zu "
			  "entries)",
			  path, file->masked_line, file->masked);
	for (size_t i = 0; i < file->count; i++) {
		/* A file of interfaces' own lists need not have one for the others. */
		if (!i && file->count > 1 && !file->policies[0].count)
			continue;
		log_family(&file->policies[i], KIDOS_POLICY_IPV4, "IPv4");
		log_family(&file->policies[i], KIDOS_POLICY_IPV6, "IPv6");
	}
}

static uint64_t deadline_in(uint64_t seconds)
{
	return kidos_now_ns(CLOCK_BOOTTIME) + seconds * SECOND_NS;
}

/* Until when it must be confirmed; 0: it need not be. */
static uint64_t deadline_of(const struct kidos_policy_state *state,
			    const struct kidos_policy_file *file, bool cuts)
{
	uint64_t confirm = state->settings->confirm;

	if (state->settings->action != KIDOS_ACTION_DROP || (!confirm && !cuts) ||
	    kidos_confirmed_load(state->context->config->data_path) == file->digest)
		return 0;
	return deadline_in(confirm ? confirm : CONFIRM_CUT);
}

static int refuse(struct kidos_policy_state *state, int error, const char *what)
{
	snprintf(state->reason, sizeof(state->reason), "%.200s", what);
	return error;
}

/* Whom it cuts off, as text. */
static size_t find_cut(const struct kidos_policy_state *state, const struct kidos_policy_file *file,
		       char text[KIDOS_REASON])
{
	struct kidos_peers peers;

	kidos_peers_find(&peers);
	return kidos_peers_cut(&peers, file, is_watched, state->context->config, text);
}

static void describe(struct kidos_policy_control *control, const struct kidos_policy_file *file)
{
	control->policies = (__u32)file->count;
	control->prefixes = (__u32)file->prefixes;
	control->digest = file->digest;
	control->loaded_ns = kidos_now_ns(CLOCK_REALTIME);
}

static int put(struct kidos_policy_state *state, struct kidos_policy_file *file, uint64_t deadline)
{
	struct kidos_policy_control *control = state->force.control;
	uint64_t before = control->deadline_ns;
	int error;

	/* First: a policy that must be confirmed never drops without its deadline. */
	if (deadline)
		__atomic_store_n(&control->deadline_ns, deadline, __ATOMIC_RELEASE);
	error = kidos_in_force_put(&state->force, file, state->context->slots);
	if (error) {
		__atomic_store_n(&control->deadline_ns, before, __ATOMIC_RELEASE);
		return refuse(state, error,
			      error == -E2BIG
				      ? "more prefixes than a policy had room for when collectd "
					"started: restart it"
				      : strerror(-error));
	}
	__atomic_store_n(&control->deadline_ns, deadline, __ATOMIC_RELEASE);
	describe(control, &state->force.file);
	return 0;
}

static void log_cut(const struct kidos_policy_state *state, const char *cut, uint64_t deadline)
{
	const char *unless = deadline ? ": it drops for now, and must be confirmed" : "";

	if (state->settings->action == KIDOS_ACTION_DROP)
		kidos_log(LOG_WARNING, "policy: %s cuts off %s%s", state->settings->file, cut,
			  unless);
}

int kidos_policy_take(struct kidos_policy_state *state, struct kidos_policy_file *file,
		      bool carefully)
{
	char cut[KIDOS_REASON], why[KIDOS_REASON];
	size_t cuts = find_cut(state, file, cut);
	uint64_t deadline = deadline_of(state, file, cuts > 0);
	int error;

	if (cuts && carefully && state->settings->action == KIDOS_ACTION_DROP) {
		snprintf(why, sizeof(why), "it would cut off %.150s (--force takes it)", cut);
		return refuse(state, -EPERM, why);
	}
	log_file(state, file);
	error = put(state, file, deadline);
	if (error)
		return error;
	*state->reason = '\0';
	if (cuts)
		log_cut(state, cut, deadline);
	else if (deadline)
		kidos_log(LOG_NOTICE,
			  "policy: to be confirmed within %llu s (kidosctl policy confirm)",
			  (unsigned long long)state->settings->confirm);
	kidos_in_force_switch(&state->force, state->is_on);
	return 0;
}

int kidos_policy_reload(struct kidos_policy_state *state, bool carefully)
{
	struct kidos_policy_file file;
	int error;

	kidos_file_stamp(state->settings->file, &state->stamp);
	error = kidos_policy_load(&file, state->settings->file, state->reason);
	if (!error)
		error = kidos_policy_take(state, &file, carefully);
	kidos_policy_free(&file);
	return error;
}

int kidos_policy_confirm(struct kidos_policy_state *state)
{
	struct kidos_policy_control *control = state->force.control;

	if (!control || !control->deadline_ns)
		return -ENOENT;
	__atomic_store_n(&control->deadline_ns, 0, __ATOMIC_RELEASE);
	return kidos_confirmed_save(state->context->config->data_path, state->force.file.digest);
}

void kidos_policy_disarm(struct kidos_policy_state *state)
{
	struct kidos_policy_control *control = state->force.control;

	if (control && state->settings->action == KIDOS_ACTION_DROP)
		__atomic_store_n(&control->deadline_ns, kidos_now_ns(CLOCK_BOOTTIME),
				 __ATOMIC_RELEASE);
}
