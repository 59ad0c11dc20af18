/* SPDX-License-Identifier: MIT */
#include "core/config.h"
#include "core/config_value.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kidos_xdp_mode_names[] = { "auto", "native", "generic", "hw", "tc", NULL };

/* Names that would leave their folder are no namespace names. */
static int check_netns(const char *name, char reason[KIDOS_REASON])
{
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return kidos_fail(reason, "not a namespace name");
	return 0;
}

static int check_state_path(const char *path, char reason[KIDOS_REASON])
{
	return *path == '/' ? 0 : kidos_fail(reason, "not an absolute path");
}

#define PLUGIN(field) KIDOS_OPTION_AT(kidos_config, field)
#define RULE(field) KIDOS_OPTION_AT(kidos_interface_rule, field)

static const char *const on_crash_names[] = { "pass", "keep", NULL };

static const struct kidos_option plugin_options[] = {
	{ "StatePath", KIDOS_OPTION_STRING, PLUGIN(state_path),
	  KIDOS_OPTION_ROOM(kidos_config, state_path), "/sys/fs/bpf/kidos", NULL,
	  "folder on bpffs that holds the maps", check_state_path },
	{ "MemoryLimit", KIDOS_OPTION_SIZE, PLUGIN(memory_limit), 0, 1ull << 40, "0", NULL,
	  "bytes for all maps and tables; 0: 2 % of memory, at most 128M" },
	{ "OnCrash", KIDOS_OPTION_CHOICE, PLUGIN(on_crash), 0, 0, "pass", on_crash_names,
	  "what a policy that drops does once collectd was killed: pass everything, or keep on" },
	{ "MaxInterfaces", KIDOS_OPTION_NUMBER, PLUGIN(max_interfaces), 1, 1023, "64", NULL,
	  "interfaces counted by name; the rest together as \"other\"" },
};
const struct kidos_block kidos_plugin_block = {
	.name = "",
	.options = plugin_options,
	.count = sizeof(plugin_options) / sizeof(plugin_options[0]),
	.size = sizeof(struct kidos_config),
};

static const struct kidos_option interface_options[] = {
	{ "Namespace", KIDOS_OPTION_STRING, RULE(netns),
	  KIDOS_OPTION_ROOM(kidos_interface_rule, netns), "", NULL,
	  "network namespace by its name in /run/netns", check_netns },
	{ "XdpMode", KIDOS_OPTION_CHOICE, RULE(xdp_mode), 0, 0, "auto", kidos_xdp_mode_names,
	  "where received packets are counted" },
	{ "XdpShare", KIDOS_OPTION_BOOLEAN, RULE(xdp_share), 0, 0, "false", NULL,
	  "share the XDP hook with other programs through libxdp's dispatcher" },
	{ "Egress", KIDOS_OPTION_BOOLEAN, RULE(egress), 0, 0, "true", NULL,
	  "count sent packets too" },
	{ "Mirror", KIDOS_OPTION_BOOLEAN, RULE(mirror), 0, 0, "false", NULL,
	  "a mirror port: counted at native XDP, left out of host totals" },
	{ "Virtual", KIDOS_OPTION_BOOLEAN, RULE(virtual_links), 0, 0, "false", NULL,
	  "a regular expression matches veth, bridges, taps and the like too" },
	{ "Report", KIDOS_OPTION_STRING, RULE(report),
	  KIDOS_OPTION_ROOM(kidos_interface_rule, report), "", NULL,
	  "name in values instead of the interface's" },
};
const struct kidos_block kidos_interface_block = {
	.name = "Interface",
	.options = interface_options,
	.count = sizeof(interface_options) / sizeof(interface_options[0]),
	.size = sizeof(struct kidos_interface_rule),
};

/* Index of a collector's block; block_count if there is none of that name. */
static size_t block_index(const struct kidos_config *config, const char *name)
{
	size_t i = 0;

	while (i < config->block_count && strcasecmp(config->blocks[i]->name, name))
		i++;
	return i;
}

bool kidos_config_has_block(const struct kidos_config *config, const char *block)
{
	return !strcasecmp(block, kidos_interface_block.name) ||
	       block_index(config, block) < config->block_count;
}

int kidos_config_open_block(struct kidos_config *config, const char *block,
			    char reason[KIDOS_REASON])
{
	size_t index = block_index(config, block), most;

	if (index == config->block_count)
		return 0;
	most = config->blocks[index]->most;
	if (most && config->opened[index] == most)
		return kidos_fail(reason, "one block more than there may be");
	config->opened[index]++;
	return 0;
}

size_t kidos_config_opened(const struct kidos_config *config, const struct kidos_block *block)
{
	return config->opened[block_index(config, block->name)];
}

/* Of a block that may be repeated, the one that was opened last. */
static void *open_settings(const struct kidos_config *config, size_t index)
{
	size_t last = config->blocks[index]->most && config->opened[index] > 1
			      ? config->opened[index] - 1
			      : 0;

	return (char *)config->settings[index] + last * config->blocks[index]->size;
}

void *kidos_config_settings(const struct kidos_config *config, const struct kidos_block *block)
{
	return config->settings[block_index(config, block->name)];
}

bool kidos_strings_have(const struct kidos_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (!strcasecmp(strings->items[i], text))
			return true;
	return false;
}

static const struct kidos_option *option_find(const struct kidos_block *block, const char *name)
{
	for (size_t i = 0; i < block->count; i++)
		if (!strcasecmp(block->options[i].name, name))
			return &block->options[i];
	return NULL;
}

bool kidos_config_enabled(const struct kidos_config *config, const struct kidos_block *block)
{
	const struct kidos_option *option = option_find(block, "Enabled");
	size_t index = block_index(config, block->name), opened = config->opened[index];
	size_t count = block->most && opened ? opened : 1;
	const char *enabled = (const char *)config->settings[index] + option->offset;
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= *(const bool *)(enabled + i * block->size);
	return any && (opened || !block->off_without);
}

static int check_count(const struct kidos_option *option, size_t count, char reason[KIDOS_REASON])
{
	switch (option->type) {
	case KIDOS_OPTION_STRINGS:
		return count ? 0 : kidos_fail(reason, "takes one value or more");
	case KIDOS_OPTION_PREFIX_LENGTHS:
		return count == 2 ? 0 : kidos_fail(reason, "takes two values");
	case KIDOS_OPTION_QUOTAS:
		return count == 3 ? 0
				  : kidos_fail(reason, "takes three values: an interface, a size "
						       "and a day of the month");
	default:
		return count == 1 ? 0 : kidos_fail(reason, "takes exactly one value");
	}
}

/* The options that may stand in a block, and the struct that they set. */
static const struct kidos_block *block_find(struct kidos_config *config,
					    struct kidos_interface_rule *rule, const char *name,
					    void **base)
{
	size_t index = block_index(config, name);

	*base = rule ? (void *)rule : (void *)config;
	if (rule)
		return &kidos_interface_block;
	if (index == config->block_count)
		return &kidos_plugin_block;
	*base = open_settings(config, index);
	return config->blocks[index];
}

/* Two interfaces of one name would be one series that runs back and forth. */
static int check_report(const struct kidos_config *config, const struct kidos_interface_rule *rule,
			char reason[KIDOS_REASON])
{
	if (!*rule->report)
		return 0;
	if (rule->is_regex)
		return kidos_fail(reason, "one name for all that a regular expression matches");
	for (size_t i = 0; i < config->rule_count; i++)
		if (&config->rules[i] != rule &&
		    kidos_text_alike(config->rules[i].report, rule->report))
			return kidos_fail(reason, "another Interface block has it");
	return 0;
}

int kidos_config_set(struct kidos_config *config, struct kidos_interface_rule *rule,
		     const char *block, const char *name, const struct kidos_value *values,
		     size_t count, char reason[KIDOS_REASON])
{
	void *base;
	const struct kidos_option *option =
		option_find(block_find(config, rule, block, &base), name);

	if (!option)
		return kidos_fail(reason, "unknown option");
	if (check_count(option, count, reason))
		return -1;
	if (option->type != KIDOS_OPTION_STRINGS)
		count = 1; /* two lengths are one value, and so is a quota */
	for (size_t i = 0; i < count; i++)
		if (kidos_option_set(option, base, &values[i], reason))
			return -1;
	return rule ? check_report(config, rule, reason) : 0;
}

static void set_default(const struct kidos_option *option, void *base)
{
	struct kidos_value values[2] = { { .type = KIDOS_VALUE_STRING, .string = option->initial },
					 { .type = KIDOS_VALUE_STRING } };
	char reason[KIDOS_REASON], first[32];

	if (option->type == KIDOS_OPTION_STRINGS || option->type == KIDOS_OPTION_QUOTAS)
		return;
	if (option->type == KIDOS_OPTION_PREFIX_LENGTHS) {
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(option->initial, " "),
			 option->initial);
		values[0].string = first;
		values[1].string = strchr(option->initial, ' ') + 1;
	}
	kidos_option_set(option, base, values, reason);
}

static void set_defaults(const struct kidos_block *block, void *base)
{
	for (size_t i = 0; i < block->count; i++)
		set_default(&block->options[i], base);
}

int kidos_config_init(struct kidos_config *config, const struct kidos_block *const *blocks)
{
	memset(config, 0, sizeof(*config));
	set_defaults(&kidos_plugin_block, config);
	for (; *blocks && config->block_count < KIDOS_BLOCKS_MAX; blocks++) {
		size_t count = (*blocks)->most ? (*blocks)->most : 1;
		char *settings = calloc(count, (*blocks)->size);

		if (!settings)
			return -ENOMEM;
		for (size_t i = 0; i < count; i++)
			set_defaults(*blocks, settings + i * (*blocks)->size);
		config->blocks[config->block_count] = *blocks;
		config->settings[config->block_count++] = settings;
	}
	return 0;
}

static void lists_free(const struct kidos_block *block, void *base)
{
	for (size_t i = 0; i < block->count; i++) {
		struct kidos_strings *list = (void *)((char *)base + block->options[i].offset);

		if (block->options[i].type == KIDOS_OPTION_QUOTAS)
			free(((struct kidos_quotas *)(void *)list)->items);
		if (block->options[i].type != KIDOS_OPTION_STRINGS)
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
	lists_free(&kidos_interface_block, rule);
	free(rule->pattern);
}

void kidos_config_free(struct kidos_config *config)
{
	for (size_t i = 0; i < config->rule_count; i++)
		rule_free(&config->rules[i]);
	free(config->rules);
	for (size_t i = 0; i < config->block_count; i++) {
		for (size_t j = 0; j == 0 || j < config->blocks[i]->most; j++)
			lists_free(config->blocks[i],
				   (char *)config->settings[i] + j * config->blocks[i]->size);
		free(config->settings[i]);
	}
	*config = (struct kidos_config){};
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
	if (strlen(rule->pattern) >= KIDOS_ALTNAME)
		return kidos_fail(reason, "longer than 127 characters, as no interface name is");
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
	set_defaults(&kidos_interface_block, &rule);
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
