/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "drop_state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kidos_xdp_mode_names[] = { "auto", "native", "generic", "hw", "tc", NULL };

#define CONFIG(field) offsetof(struct kidos_config, field)
#define RULE(field) offsetof(struct kidos_interface_rule, field)
#define ROOM(type, field) 0, sizeof(((struct type *)0)->field)

const struct kidos_option kidos_options[] = {
	{ "", "StatePath", KIDOS_OPTION_STRING, CONFIG(state_path), ROOM(kidos_config, state_path),
	  "/sys/fs/bpf/kidos", NULL, "folder on bpffs that holds the maps" },
	{ "", "MemoryLimit", KIDOS_OPTION_SIZE, CONFIG(memory_limit), 0, 1ull << 40, "0", NULL,
	  "bytes for all maps and tables; 0: 2 % of memory, at most 128M" },
	{ "", "MaxInterfaces", KIDOS_OPTION_NUMBER, CONFIG(max_interfaces), 1, 1023, "64", NULL,
	  "interfaces counted by name; the rest together as \"other\"" },
	{ "Interface", "Namespace", KIDOS_OPTION_STRING, RULE(netns),
	  ROOM(kidos_interface_rule, netns), "", NULL,
	  "network namespace by its name in /run/netns" },
	{ "Interface", "XdpMode", KIDOS_OPTION_CHOICE, RULE(xdp_mode), 0, 0, "auto",
	  kidos_xdp_mode_names, "where received packets are counted" },
	{ "Interface", "XdpShare", KIDOS_OPTION_BOOLEAN, RULE(xdp_share), 0, 0, "false", NULL,
	  "share the XDP hook with other programs through libxdp's dispatcher" },
	{ "Interface", "Egress", KIDOS_OPTION_BOOLEAN, RULE(egress), 0, 0, "true", NULL,
	  "count sent packets too" },
	{ "Interface", "Mirror", KIDOS_OPTION_BOOLEAN, RULE(mirror), 0, 0, "false", NULL,
	  "a mirror port: counted at native XDP, left out of host totals" },
	{ "Interface", "Virtual", KIDOS_OPTION_BOOLEAN, RULE(virtual_links), 0, 0, "false", NULL,
	  "a regular expression matches veth, bridges, taps and the like too" },
	{ "Interface", "Report", KIDOS_OPTION_STRING, RULE(report),
	  ROOM(kidos_interface_rule, report), "", NULL, "name in values instead of the interface's" },
	{ "Flows", "Enabled", KIDOS_OPTION_BOOLEAN, CONFIG(flows_enabled), 0, 0, "true", NULL,
	  "count packets and flows" },
	{ "Flows", "MaxFlows", KIDOS_OPTION_NUMBER, CONFIG(max_flows), 1024, 1 << 22, "1048576",
	  NULL, "flows the table has room for; rounded to a power of two that fits MemoryLimit" },
	{ "Flows", "IdleTimeout", KIDOS_OPTION_NUMBER, CONFIG(idle_timeout), 1, 86400, "60", NULL,
	  "seconds after which a flow's entry may be reused" },
	{ "Drops", "Enabled", KIDOS_OPTION_BOOLEAN, CONFIG(drops_enabled), 0, 0, "true", NULL,
	  "count the packets that the kernel drops" },
	{ "Drops", "Probe", KIDOS_OPTION_CHOICE, CONFIG(drop_probe), 0, 0, "auto",
	  kidos_drop_probe_names, "how drops are seen; auto: the best way this kernel has" },
	{ "Drops", "IgnoreReason", KIDOS_OPTION_NAMES, CONFIG(ignore_reasons), 0, 0, "", NULL,
	  "a reason whose drops are in no value" },
	{ "Drops", "IgnorePlace", KIDOS_OPTION_NAMES, CONFIG(ignore_places), 0, 0, "", NULL,
	  "a function of the kernel whose drops are in no value" },
	{ "Drops", "LearnTime", KIDOS_OPTION_NUMBER, CONFIG(learn_time), 0, 31536000, "86400",
	  NULL, "seconds from the start; reasons seen by then are benign afterwards" },
	{ "Drops", "DropShare", KIDOS_OPTION_NUMBER, CONFIG(drop_share), 0, 100, "1", NULL,
	  "percent of an interface's packets that may be dropped without an alert; 0: no alert" },
	{ "Alerts", "Enabled", KIDOS_OPTION_BOOLEAN, CONFIG(alerts_enabled), 0, 0, "true", NULL,
	  "raise alerts; without the block there are none" },
	{ "Alerts", "CoolDown", KIDOS_OPTION_NUMBER, CONFIG(alert_cool_down), 1, 86400, "60", NULL,
	  "seconds without a sign after which an alert has ended" },
	{ "Alerts", "RateLimit", KIDOS_OPTION_NUMBER, CONFIG(alert_rate_limit), 0, 1000, "10", NULL,
	  "starting alerts that are told in any minute, 0: all" },
	{ "Alerts", "Window", KIDOS_OPTION_NUMBER, CONFIG(alert_window), 1, 3600, "60", NULL,
	  "seconds within which there must be enough packets to judge a share of them" },
};
const size_t kidos_option_count = sizeof(kidos_options) / sizeof(kidos_options[0]);

static int fail(char reason[KIDOS_REASON], const char *what)
{
	snprintf(reason, KIDOS_REASON, "%s", what);
	return -1;
}

static int set_boolean(bool *to, const struct kidos_value *value, char reason[KIDOS_REASON])
{
	static const char *const words[][2] = { { "false", "true" }, { "no", "yes" }, { "off", "on" } };

	if (value->type == KIDOS_VALUE_BOOLEAN) {
		*to = value->boolean;
		return 0;
	}
	for (size_t i = 0; value->type == KIDOS_VALUE_STRING && i < 3; i++)
		for (int b = 0; b < 2; b++)
			if (!strcasecmp(value->string, words[i][b])) {
				*to = b;
				return 0;
			}
	return fail(reason, "not a boolean (true or false)");
}

/* Digits with an optional K, M or G of 1024, where size allows it. */
static int number_of_text(const char *text, bool size, double *number)
{
	static const char units[] = "KMG";
	char *end;
	const char *unit;

	*number = strtod(text, &end);
	if (end == text || !isfinite(*number))
		return -1;
	unit = size && *end ? strchr(units, *end) : NULL;
	if (unit) {
		*number *= (double)(1ull << 10 * (unit - units + 1));
		end++;
	}
	return *end ? -1 : 0;
}

static int set_number(const struct kidos_option *option, uint64_t *to,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	bool size = option->type == KIDOS_OPTION_SIZE;
	double number = value->number;

	if (value->type == KIDOS_VALUE_BOOLEAN ||
	    (value->type == KIDOS_VALUE_STRING && number_of_text(value->string, size, &number)))
		return fail(reason, size ? "not a size (a number, with K, M or G)" : "not a number");
	if (!(number >= (double)option->min && number <= (double)option->max) ||
	    number != floor(number)) {
		snprintf(reason, KIDOS_REASON, "not a whole number from %llu to %llu",
			 (unsigned long long)option->min, (unsigned long long)option->max);
		return -1;
	}
	*to = (uint64_t)number;
	return 0;
}

static int set_string(const struct kidos_option *option, char *to, const struct kidos_value *value,
		      char reason[KIDOS_REASON])
{
	if (value->type != KIDOS_VALUE_STRING)
		return fail(reason, "not a string");
	if (!*value->string && *option->initial)
		return fail(reason, "is empty");
	if (strlen(value->string) >= option->max) {
		snprintf(reason, KIDOS_REASON, "longer than %llu characters",
			 (unsigned long long)option->max - 1);
		return -1;
	}
	memcpy(to, value->string, strlen(value->string) + 1);
	return 0;
}

static int set_choice(const struct kidos_option *option, unsigned int *to,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	size_t used;

	for (unsigned int i = 0; value->type == KIDOS_VALUE_STRING && option->choices[i]; i++)
		if (!strcasecmp(value->string, option->choices[i])) {
			*to = i;
			return 0;
		}
	used = (size_t)snprintf(reason, KIDOS_REASON, "not one of");
	for (unsigned int i = 0; option->choices[i]; i++)
		used += (size_t)snprintf(reason + used, KIDOS_REASON - used, " %s",
					 option->choices[i]);
	return -1;
}

static int add_name(struct kidos_names *to, const struct kidos_value *value,
		    char reason[KIDOS_REASON])
{
	if (value->type != KIDOS_VALUE_STRING)
		return fail(reason, "not a string");
	if (!*value->string)
		return 0;
	if (strlen(value->string) >= sizeof(to->names[0]))
		return fail(reason, "longer than 63 characters");
	if (to->count == KIDOS_NAMES)
		return fail(reason, "more than 32 of them");
	snprintf(to->names[to->count++], sizeof(to->names[0]), "%s", value->string);
	return 0;
}

bool kidos_names_have(const struct kidos_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcasecmp(names->names[i], name))
			return true;
	return false;
}

static int option_set(const struct kidos_option *option, void *base,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	void *to = (char *)base + option->offset;

	switch (option->type) {
	case KIDOS_OPTION_BOOLEAN:
		return set_boolean(to, value, reason);
	case KIDOS_OPTION_NUMBER:
	case KIDOS_OPTION_SIZE:
		return set_number(option, to, value, reason);
	case KIDOS_OPTION_STRING:
		return set_string(option, to, value, reason);
	case KIDOS_OPTION_CHOICE:
		return set_choice(option, to, value, reason);
	case KIDOS_OPTION_NAMES:
		return add_name(to, value, reason);
	}
	return -1;
}

/* Names that would leave their folder are no namespace names. */
static int check_netns(const char *name, char reason[KIDOS_REASON])
{
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return fail(reason, "not a namespace name");
	return 0;
}

static int check_state_path(const char *path, char reason[KIDOS_REASON])
{
	return *path == '/' ? 0 : fail(reason, "not an absolute path");
}

static const struct {
	const char *name;
	int (*check)(const char *text, char reason[KIDOS_REASON]);
} checks[] = {
	{ "Namespace", check_netns },
	{ "StatePath", check_state_path },
};

static int check_value(const char *name, const struct kidos_value *value,
		       char reason[KIDOS_REASON])
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!strcasecmp(name, checks[i].name) && value->type == KIDOS_VALUE_STRING &&
		    *value->string)
			return checks[i].check(value->string, reason);
	return 0;
}

bool kidos_config_has_block(const char *block)
{
	for (size_t i = 0; i < kidos_option_count; i++)
		if (!strcasecmp(kidos_options[i].block, block))
			return *block != '\0';
	return false;
}

void kidos_config_open_block(struct kidos_config *config, const char *block)
{
	if (!strcasecmp(block, "Alerts"))
		config->alerts_block = true;
}

int kidos_config_set(struct kidos_config *config, struct kidos_interface_rule *rule,
		     const char *block, const char *name, const struct kidos_value *value,
		     char reason[KIDOS_REASON])
{
	for (size_t i = 0; i < kidos_option_count; i++) {
		const struct kidos_option *option = &kidos_options[i];

		if (strcasecmp(option->block, block) || strcasecmp(option->name, name))
			continue;
		if (check_value(name, value, reason))
			return -1;
		return option_set(option, rule ? (void *)rule : (void *)config, value, reason);
	}
	return fail(reason, "unknown option");
}

static void set_defaults(void *base, bool rule)
{
	char reason[KIDOS_REASON];

	for (size_t i = 0; i < kidos_option_count; i++) {
		const struct kidos_option *option = &kidos_options[i];
		struct kidos_value value = { .type = KIDOS_VALUE_STRING, .string = option->initial };

		if (rule == !strcmp(option->block, "Interface"))
			option_set(option, base, &value, reason);
	}
}

void kidos_config_init(struct kidos_config *config)
{
	memset(config, 0, sizeof(*config));
	set_defaults(config, false);
}

static void rule_free(struct kidos_interface_rule *rule)
{
	if (rule->is_regex)
		regfree(&rule->regex);
	free(rule->pattern);
}

void kidos_config_free(struct kidos_config *config)
{
	for (size_t i = 0; i < config->rule_count; i++)
		rule_free(&config->rules[i]);
	free(config->rules);
	config->rules = NULL;
	config->rule_count = 0;
}

/* "/regex/", as collectd's other plugins write it. */
static int rule_compile(struct kidos_interface_rule *rule, char reason[KIDOS_REASON])
{
	size_t length = strlen(rule->pattern);
	char text[256];
	int error;

	if (length < 3 || rule->pattern[length - 1] != '/' || length - 2 >= sizeof(text))
		return fail(reason, "not a regular expression between slashes");
	memcpy(text, rule->pattern + 1, length - 2);
	text[length - 2] = '\0';
	error = regcomp(&rule->regex, text, REG_EXTENDED | REG_NOSUB);
	if (error) {
		size_t used = (size_t)snprintf(reason, KIDOS_REASON, "bad regular expression: ");

		regerror(error, NULL, reason + used, KIDOS_REASON - used);
		return -1;
	}
	rule->is_regex = true;
	return 0;
}

static int rule_check(struct kidos_interface_rule *rule, char reason[KIDOS_REASON])
{
	if (!*rule->pattern)
		return fail(reason, "is empty");
	if (*rule->pattern == '/')
		return rule_compile(rule, reason);
	if (strlen(rule->pattern) >= IF_NAMESIZE)
		return fail(reason, "longer than 15 characters, as no interface name is");
	if (strpbrk(rule->pattern, "/ \t\n") || !strcmp(rule->pattern, ".") ||
	    !strcmp(rule->pattern, ".."))
		return fail(reason, "not an interface name");
	return 0;
}

struct kidos_interface_rule *kidos_config_add_rule(struct kidos_config *config,
						   const char *pattern, char reason[KIDOS_REASON])
{
	struct kidos_interface_rule rule = { .pattern = strdup(pattern) };
	struct kidos_interface_rule *rules;

	if (!rule.pattern || rule_check(&rule, reason)) {
		free(rule.pattern);
		return NULL;
	}
	set_defaults(&rule, true);
	rules = reallocarray(config->rules, config->rule_count + 1, sizeof(*rules));
	if (!rules) {
		rule_free(&rule);
		fail(reason, strerror(errno));
		return NULL;
	}
	config->rules = rules;
	rules[config->rule_count] = rule;
	return &rules[config->rule_count++];
}
