/* SPDX-License-Identifier: MIT */
#ifndef KN_COMMAND_H
#define KN_COMMAND_H

#include "options.h"
#include "netlink/err.h"

struct kn_command {
	const char *name;
	int (*run)(const struct kn_options *options, struct kn_err *err);
	bool changes; /* something, so that it has a dry run */
	bool prints_json; /* itself, unless it fails; else main prints the outcome */
	const char *help;
};

extern const struct kn_command kn_commands[]; /* the last has no name */

const struct kn_command *kn_command_find(const char *name); /* NULL: no such command */

#endif
