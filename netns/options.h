/* SPDX-License-Identifier: MIT */
#ifndef KN_OPTIONS_H
#define KN_OPTIONS_H

/* The command line. */
#include "output.h"

#include <stdbool.h>
#include <stdio.h>

struct kn_options {
	const char *file;
	bool dry_run, json, verbose, may_move_uplink;
	bool wrong; /* an option that there is not */
	struct kn_output *output;
};

/* Returns -1 to go on, with optind at the command, or the exit code. A wrong option is only noted:
 * a
 * --json may come after it.
 */
int kn_options_read(int argc, char **argv, struct kn_options *options);

/* Prints commands and options to stdout, if they were asked for, or stderr. Returns the exit code.
 */
int kn_usage(FILE *out);

#endif
