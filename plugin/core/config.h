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
#define KIDOS_ALTNAME 128 /* an interface's further names (kernel 5.5) */

/* What a policy does once the daemon has died. */
enum kidos_on_crash { KIDOS_ON_CRASH_PASS, KIDOS_ON_CRASH_KEEP };

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

/* What an option that may be repeated was given, in order. */
struct kidos_strings {
	char **items;
	size_t count;
};

/* Lengths of prefixes; two numbers in the configuration. */
struct kidos_prefix_lengths {
	uint64_t v4, v6;
};

/* Bytes of an interface that are paid for, from a day of the month on; three values. */
struct kidos_quota {
	char interface[KIDOS_ALTNAME]; /* its name in values */
	uint64_t bytes;
	uint64_t day;
};

struct kidos_quotas {
	struct kidos_quota *items;
	size_t count;
};

#define KIDOS_BLOCKS_MAX 16

struct kidos_block;

struct kidos_config {
	char state_path[PATH_MAX];
	char data_path[PATH_MAX]; /* folder for what outlives kidos; not an option */
	bool test; /* is only tried: nothing is attached, sent or remembered; not an option */
	uint64_t memory_limit; /* bytes, 0: 2 % of memory, at most 128 MiB */
	uint64_t max_interfaces;
	unsigned int on_crash; /* enum kidos_on_crash */
	struct kidos_interface_rule *rules;
	size_t rule_count;
	/* The collectors' blocks, what was set in each, and whether the configuration has it. */
	const struct kidos_block *blocks[KIDOS_BLOCKS_MAX];
	void *settings[KIDOS_BLOCKS_MAX];
	size_t opened[KIDOS_BLOCKS_MAX]; /* blocks of this name that the configuration has */
	size_t block_count;
};

enum kidos_option_type {
	KIDOS_OPTION_BOOLEAN,
	KIDOS_OPTION_NUMBER,
	KIDOS_OPTION_SIZE, /* bytes, with K, M, G or T */
	KIDOS_OPTION_STRING,
	KIDOS_OPTION_CHOICE,
	KIDOS_OPTION_STRINGS, /* one or more values, may be repeated; "" adds none */
	KIDOS_OPTION_PREFIX_LENGTHS, /* two numbers: for IPv4 and for IPv6 */
	KIDOS_OPTION_QUOTAS, /* an interface, bytes and a day; may be repeated */
};

#define KIDOS_REASON 256

struct kidos_option {
	const char *name;
	enum kidos_option_type type;
	size_t offset; /* in the block's struct */
	uint64_t min, max; /* of a number; of a string the room it has */
	const char *initial; /* the default as it would be written; of STRINGS and QUOTAS an
				example: there are none */
	const char *const *choices; /* ends with NULL */
	const char *help;
	/* NULL, or of a text that is not empty: 0, or -1 with what is wrong with it. */
	int (*check)(const char *text, char reason[KIDOS_REASON]);
};

/* A block of options and the struct that they set. */
struct kidos_block {
	const char *name; /* "" stands in <Plugin kidos> itself */
	const struct kidos_option *options;
	size_t count;
	size_t size; /* of the struct */
	bool off_without; /* what it is about is off as long as the block is not there */
	size_t most; /* so many blocks, each a struct of its own in an array; 0: all are one */
};

/* An option's offset and, of a string, its room. */
#define KIDOS_OPTION_AT(type, field) offsetof(struct type, field)
#define KIDOS_OPTION_ROOM(type, field) 0, sizeof(((struct type *)0)->field)

/* <Plugin kidos> itself and <Interface>; the collectors bring theirs. */
extern const struct kidos_block kidos_plugin_block, kidos_interface_block;
extern const char *const kidos_xdp_mode_names[];

/* A value as the configuration file has it. */
struct kidos_value {
	enum { KIDOS_VALUE_STRING, KIDOS_VALUE_NUMBER, KIDOS_VALUE_BOOLEAN } type;
	const char *string;
	double number;
	bool boolean;
};

#define KIDOS_VALUES_MAX 64 /* behind one name */

/* Is the text among them? Capitals do not matter. */
bool kidos_strings_have(const struct kidos_strings *strings, const char *text);

/* Sets every option of these blocks (up to a NULL) to its default; 0 or -ENOMEM. Free it either
 * way.
 */
int kidos_config_init(struct kidos_config *config, const struct kidos_block *const *blocks);
void kidos_config_free(struct kidos_config *config);

/* Is there such a block? Capitals do not matter. */
bool kidos_config_has_block(const struct kidos_config *config, const char *block);

/* The block stands in the configuration: what is off without it goes on. 0, or -1: one too many. */
int kidos_config_open_block(struct kidos_config *config, const char *block,
			    char reason[KIDOS_REASON]);

/* How many blocks of this name it has. */
size_t kidos_config_opened(const struct kidos_config *config, const struct kidos_block *block);

/* The struct that a collector's block sets, or the array of them. */
void *kidos_config_settings(const struct kidos_config *config, const struct kidos_block *block);

/* Its option Enabled, and the block itself where it is off without. */
bool kidos_config_enabled(const struct kidos_config *config, const struct kidos_block *block);

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
