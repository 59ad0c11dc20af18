/* SPDX-License-Identifier: MIT */
/*
 * config.h: kidos's configuration and the one table of its options. The
 * configuration parser, kidos.conf, the man page and the tests walk the table.
 */
#ifndef KIDOS_CORE_CONFIG_H
#define KIDOS_CORE_CONFIG_H

#include <limits.h>
#include <net/if.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_NETNS_NAME 64
#define KIDOS_GROUPS_MAX 64

enum kidos_xdp_mode {
	KIDOS_XDP_AUTO,
	KIDOS_XDP_NATIVE,
	KIDOS_XDP_GENERIC,
	KIDOS_XDP_HW,
	KIDOS_XDP_TC,
};

/* One <Interface> block: a name or a regular expression, and how to attach. */
struct kidos_interface_rule {
	char *pattern; /* as written */
	regex_t regex;
	bool is_regex;
	char netns[KIDOS_NETNS_NAME]; /* "" is the one collectd runs in */
	char report[64]; /* name in values, "" the interface's */
	unsigned int xdp_mode; /* enum kidos_xdp_mode */
	bool xdp_share;
	bool egress;
	bool mirror;
	bool virtual_links; /* a regex takes veth, bridges and the like too */
};

enum kidos_series_by {
	KIDOS_SERIES_PREFIX,
	KIDOS_SERIES_FIVE_TUPLE,
	KIDOS_SERIES_GROUP,
};

/* What an option that may be repeated was given, in order. */
struct kidos_strings {
	char **items;
	size_t count;
};

/* Lengths of prefixes; two numbers in the configuration. */
struct kidos_prefix_lengths {
	uint64_t v4, v6;
};

struct kidos_config {
	char state_path[PATH_MAX];
	char data_path[PATH_MAX]; /* folder for what outlives kidos; not an option */
	uint64_t memory_limit; /* bytes, 0: 2 % of memory, at most 128 MiB */
	uint64_t max_interfaces;
	bool flows_enabled;
	uint64_t max_flows;
	uint64_t idle_timeout; /* seconds */
	bool inner;
	uint64_t top_flows; /* per interface and poll */
	unsigned int flow_key; /* enum kidos_series_by */
	struct kidos_strings groups; /* prefixes as text */
	struct kidos_prefix_lengths group_prefix;
	uint64_t max_flow_series;
	bool drops_enabled;
	unsigned int drop_probe; /* index of kidos_drop_probe_names */
	struct kidos_strings ignore_reasons;
	struct kidos_strings ignore_places;
	uint64_t learn_time; /* seconds */
	uint64_t drop_share; /* percent of an interface's packets; 0: no alert */
	bool alerts_block; /* there is one */
	bool alerts_enabled;
	uint64_t alert_cool_down; /* seconds */
	uint64_t alert_rate_limit; /* notifications of starts a minute, 0: any number */
	uint64_t alert_window; /* seconds */
	struct kidos_interface_rule *rules;
	size_t rule_count;
};

enum kidos_option_type {
	KIDOS_OPTION_BOOLEAN,
	KIDOS_OPTION_NUMBER,
	KIDOS_OPTION_SIZE, /* bytes, with K, M or G */
	KIDOS_OPTION_STRING,
	KIDOS_OPTION_CHOICE,
	KIDOS_OPTION_STRINGS, /* one or more values, may be repeated; "" adds none */
	KIDOS_OPTION_PREFIX_LENGTHS, /* two numbers: for IPv4 and for IPv6 */
};

struct kidos_option {
	const char *block; /* "" stands in <Plugin kidos> itself */
	const char *name;
	enum kidos_option_type type;
	size_t offset; /* in struct kidos_config, or in the rule for block Interface */
	uint64_t min, max; /* of a number; of a string the room it has */
	const char *initial; /* the default as it would be written; of STRINGS an example: there are
				none */
	const char *const *choices;
	const char *help;
};

extern const struct kidos_option kidos_options[];
extern const size_t kidos_option_count;
extern const char *const kidos_xdp_mode_names[];
extern const char *const kidos_series_by_names[];

/* A value as the configuration file has it. */
struct kidos_value {
	enum { KIDOS_VALUE_STRING, KIDOS_VALUE_NUMBER, KIDOS_VALUE_BOOLEAN } type;
	const char *string;
	double number;
	bool boolean;
};

#define KIDOS_VALUES_MAX 64 /* behind one name */

#define KIDOS_REASON 256

/* Is the text among them? Capitals do not matter. */
bool kidos_strings_have(const struct kidos_strings *strings, const char *text);

/* Sets every option to its default. */
void kidos_config_init(struct kidos_config *config);
void kidos_config_free(struct kidos_config *config);

/* Is there such a block? */
bool kidos_config_has_block(const char *block);

/* The block stands in the configuration: what is off without it goes on. */
void kidos_config_open_block(struct kidos_config *config, const char *block);

/*
 * Sets one option to what stands behind its name; rule is the current
 * <Interface> block's or NULL. Returns 0, or -1 with a reason that says what
 * is wrong with the values.
 */
int kidos_config_set(struct kidos_config *config, struct kidos_interface_rule *rule,
		     const char *block, const char *name, const struct kidos_value *values,
		     size_t count, char reason[KIDOS_REASON]);

/* Appends a rule for an interface name or "/regex/"; NULL with a reason when it is neither. */
struct kidos_interface_rule *kidos_config_add_rule(struct kidos_config *config, const char *pattern,
						   char reason[KIDOS_REASON]);

#endif
