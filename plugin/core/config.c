/* SPDX-License-Identifier: MIT */
#include "core/config.h"
#include "core/config_value.h"
#include "drops/rungs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kidos_xdp_mode_names[] = { "auto", "native", "generic", "hw", "tc", NULL };
const char *const kidos_series_by_names[] = { "prefix", "five-tuple", "group", NULL };

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
	  ROOM(kidos_interface_rule, report), "", NULL,
	  "name in values instead of the interface's" },
	{ "Flows", "Enabled", KIDOS_OPTION_BOOLEAN, CONFIG(flows_enabled), 0, 0, "true", NULL,
	  "count packets and flows" },
	{ "Flows", "MaxFlows", KIDOS_OPTION_NUMBER, CONFIG(max_flows), 1024, 1 << 22, "1048576",
	  NULL, "flows the table has room for; rounded to a power of two that fits MemoryLimit" },
	{ "Flows", "IdleTimeout", KIDOS_OPTION_NUMBER, CONFIG(idle_timeout), 1, 86400, "60", NULL,
	  "seconds after which a flow's entry may be reused" },
	{ "Flows", "Inner", KIDOS_OPTION_BOOLEAN, CONFIG(inner), 0, 0, "false", NULL,
	  "count a tunnel's packets as what they carry" },
	{ "Flows", "TopFlows", KIDOS_OPTION_NUMBER, CONFIG(top_flows), 0, 1000, "0", NULL,
	  "busiest flows of each interface that get series of their own; 0: none" },
	{ "Flows", "FlowKey", KIDOS_OPTION_CHOICE, CONFIG(flow_key), 0, 0, "prefix",
	  kidos_series_by_names, "what makes one series of flows" },
	{ "Flows", "Group", KIDOS_OPTION_STRINGS, CONFIG(groups), 1, KIDOS_GROUPS_MAX, "10.0.0.0/8",
	  NULL, "prefix whose addresses are one; may be repeated" },
	{ "Flows", "GroupPrefix", KIDOS_OPTION_PREFIX_LENGTHS, CONFIG(group_prefix), 0, 0, "24 64",
	  NULL, "bits that are left of all other addresses, IPv4 and IPv6" },
	{ "Flows", "MaxFlowSeries", KIDOS_OPTION_NUMBER, CONFIG(max_flow_series), 1, 10000, "100",
	  NULL, "names of flows kept at a time, over all interfaces and restarts" },
	{ "Drops", "Enabled", KIDOS_OPTION_BOOLEAN, CONFIG(drops_enabled), 0, 0, "true", NULL,
	  "count the packets that the kernel drops" },
	{ "Drops", "Probe", KIDOS_OPTION_CHOICE, CONFIG(drop_probe), 0, 0, "auto",
	  kidos_drop_probe_names, "how drops are seen; auto: the best way this kernel has" },
	{ "Drops", "IgnoreReason", KIDOS_OPTION_STRINGS, CONFIG(ignore_reasons), 0, 32, "", NULL,
	  "a reason whose drops are in no value" },
	{ "Drops", "IgnorePlace", KIDOS_OPTION_STRINGS, CONFIG(ignore_places), 0, 32, "", NULL,
	  "a function of the kernel whose drops are in no value" },
	{ "Drops", "LearnTime", KIDOS_OPTION_NUMBER, CONFIG(learn_time), 0, 31536000, "86400", NULL,
	  "seconds from the start; reasons seen by then are benign afterwards" },
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

bool kidos_strings_have(const struct kidos_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (!strcasecmp(strings->items[i], text))
			return true;
	return false;
}

static const struct kidos_option *option_find(const char *block, const char *name)
{
	for (size_t i = 0; i < kidos_option_count; i++)
		if (!strcasecmp(kidos_options[i].block, block) &&
		    !strcasecmp(kidos_options[i].name, name))
			return &kidos_options[i];
	return NULL;
}

static int check_count(const struct kidos_option *option, size_t count, char reason[KIDOS_REASON])
{
	switch (option->type) {
	case KIDOS_OPTION_STRINGS:
		return count ? 0 : kidos_fail(reason, "takes one value or more");
	case KIDOS_OPTION_PREFIX_LENGTHS:
		return count == 2 ? 0 : kidos_fail(reason, "takes two values");
	default:
		return count == 1 ? 0 : kidos_fail(reason, "takes exactly one value");
	}
}

int kidos_config_set(struct kidos_config *config, struct kidos_interface_rule *rule,
		     const char *block, const char *name, const struct kidos_value *values,
		     size_t count, char reason[KIDOS_REASON])
{
	const struct kidos_option *option = option_find(block, name);
	void *base = rule ? (void *)rule : (void *)config;

	if (!option)
		return kidos_fail(reason, "unknown option");
	if (check_count(option, count, reason))
		return -1;
	if (option->type != KIDOS_OPTION_STRINGS)
		count = 1; /* two lengths are one value */
	for (size_t i = 0; i < count; i++)
		if (kidos_option_set(option, base, &values[i], reason))
			return -1;
	return 0;
}

static void set_default(const struct kidos_option *option, void *base)
{
	struct kidos_value values[2] = { { .type = KIDOS_VALUE_STRING, .string = option->initial },
					 { .type = KIDOS_VALUE_STRING } };
	char reason[KIDOS_REASON], first[32];

	if (option->type == KIDOS_OPTION_STRINGS)
		return;
	if (option->type == KIDOS_OPTION_PREFIX_LENGTHS) {
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(option->initial, " "),
			 option->initial);
		values[0].string = first;
		values[1].string = strchr(option->initial, ' ') + 1;
	}
	kidos_option_set(option, base, values, reason);
}

static void set_defaults(void *base, bool rule)
{
	for (size_t i = 0; i < kidos_option_count; i++)
		if (rule == !strcmp(kidos_options[i].block, "Interface"))
			set_default(&kidos_options[i], base);
}

void kidos_config_init(struct kidos_config *config)
{
	memset(config, 0, sizeof(*config));
	set_defaults(config, false);
}

static void lists_free(void *base, bool rule)
{
	for (size_t i = 0; i < kidos_option_count; i++) {
		struct kidos_strings *list = (void *)((char *)base + kidos_options[i].offset);

		if (kidos_options[i].type != KIDOS_OPTION_STRINGS ||
		    rule != !strcmp(kidos_options[i].block, "Interface"))
			continue;
		while (list->count)
			free(list->items[--list->count]);
		free(list->items);
		list->items = NULL;
	}
}

static void rule_free(struct kidos_interface_rule *rule)
{
	if (rule->is_regex)
		regfree(&rule->regex);
	lists_free(rule, true);
	free(rule->pattern);
}

void kidos_config_free(struct kidos_config *config)
{
	for (size_t i = 0; i < config->rule_count; i++)
		rule_free(&config->rules[i]);
	free(config->rules);
	config->rules = NULL;
	config->rule_count = 0;
	lists_free(config, false);
}

/* "/regex/", as collectd's other plugins write it. */
static int rule_compile(struct kidos_interface_rule *rule, char reason[KIDOS_REASON])
{
	size_t length = strlen(rule->pattern);
	char text[256];
	int error;

	if (length < 3 || rule->pattern[length - 1] != '/' || length - 2 >= sizeof(text))
		return kidos_fail(reason, "not a regular expression between slashes");
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
		return kidos_fail(reason, "is empty");
	if (*rule->pattern == '/')
		return rule_compile(rule, reason);
	if (strlen(rule->pattern) >= IF_NAMESIZE)
		return kidos_fail(reason, "longer than 15 characters, as no interface name is");
	if (strpbrk(rule->pattern, "/ \t\n") || !strcmp(rule->pattern, ".") ||
	    !strcmp(rule->pattern, ".."))
		return kidos_fail(reason, "not an interface name");
	return 0;
}

struct kidos_interface_rule *kidos_config_add_rule(struct kidos_config *config, const char *pattern,
						   char reason[KIDOS_REASON])
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
		kidos_fail(reason, strerror(errno));
		return NULL;
	}
	config->rules = rules;
	rules[config->rule_count] = rule;
	return &rules[config->rule_count++];
}
