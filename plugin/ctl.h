/* SPDX-License-Identifier: MIT */
/* ctl.h: kidosctl's subcommands and their options, one table each. */
#ifndef KIDOS_CTL_H
#define KIDOS_CTL_H

#include "core/flow_filter.h"
#include "core/flow_group.h"

enum ctl_exit {
	CTL_OK,
	CTL_FAILURE,
	CTL_USAGE,
	CTL_NO_DAEMON,
};

#define CTL_STATE_PATH "/sys/fs/bpf/kidos"
#define CTL_LIMIT 50 /* rows of a flow list */

/* What the options of any subcommand say. */
struct ctl_settings {
	const char *state;
	bool json;
	bool resolve;
	const char *interface; /* NULL: any */
	struct kidos_flow_filter filter;
	struct kidos_flow_grouping grouping;
	enum kidos_flow_sort sort;
	uint64_t limit; /* rows, 0: all */
	bool limited; /* by the user */
	double watch; /* seconds between looks, 0: one look */
	char **words; /* of the command, as many as it takes */
};

/* Tables of options and commands end with a row without a name. */
struct ctl_option {
	const char *name;
	const char *argument; /* as usage shows it, NULL: none; "[...]" may be left out */
	const char *help; /* begins with what the argument must be */
	bool many; /* may be given more than once */
	bool (*set)(struct ctl_settings *settings, const char *value);
};

struct ctl_command {
	const char *name;
	const char *help;
	const struct ctl_option *options;
	const char *words; /* that it takes, blank between them; NULL: none */
	int (*run)(struct ctl_settings *settings); /* enum ctl_exit */
};

extern const struct ctl_command ctl_commands[];
extern const struct ctl_option ctl_global_options[]; /* ahead of the subcommand */
extern const struct ctl_option ctl_flow_options[];
bool ctl_set_json(struct ctl_settings *settings, const char *value);

int ctl_status(struct ctl_settings *settings);
int ctl_summary(struct ctl_settings *settings);
int ctl_flows(struct ctl_settings *settings);
int ctl_alerts(struct ctl_settings *settings);
int ctl_collector(struct ctl_settings *settings);

/* The program: parses, runs, returns the exit status. */
int ctl_main(int argc, char **argv);

/* "kidosctl: ..." on standard error. */
__attribute__((format(printf, 1, 2))) void ctl_complain(const char *format, ...);

#endif
