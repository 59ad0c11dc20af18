/* SPDX-License-Identifier: MIT */
/* ctl.h: kidosctl's subcommands and their options, one table each. */
#ifndef KIDOS_CTL_CTL_H
#define KIDOS_CTL_CTL_H

#include "drops/view.h"
#include "flows/group.h"

enum ctl_exit {
	CTL_OK,
	CTL_FAILURE,
	CTL_USAGE,
	CTL_NO_DAEMON,
};

#define CTL_STATE_PATH "/sys/fs/bpf/kidos"
#define CTL_LIMIT 50 /* rows of a flow list */

/* What drops are grouped by; names: ctl_drop_by_names. */
enum ctl_drop_by {
	CTL_DROPS_ONE_BY_ONE,
	CTL_DROPS_REASON,
	CTL_DROPS_PLACE,
	CTL_DROPS_PROTO,
	CTL_DROPS_INTERFACE,
	CTL_DROPS_SRC, /* from here on the counts do not tell, only the recent drops */
	CTL_DROPS_DST,
	CTL_DROPS_HOST,
	CTL_DROPS_PORT,
	CTL_DROPS_PROCESS,
	CTL_DROPS_BY
};
extern const char *const ctl_drop_by_names[CTL_DROPS_BY];

struct ctl_drop_settings {
	enum ctl_drop_by by;
	const char *reason, *place; /* NULL: any */
	struct kidos_drop_filter filter;
};

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
	struct ctl_drop_settings drops;
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
extern const struct ctl_option ctl_drop_options[];

/* Setters that several subcommands have in their tables. */
bool ctl_set_json(struct ctl_settings *settings, const char *value);
bool ctl_set_interface(struct ctl_settings *settings, const char *value);
bool ctl_set_host(struct ctl_settings *settings, const char *value);
bool ctl_set_port(struct ctl_settings *settings, const char *value);
bool ctl_set_prefix(struct ctl_settings *settings, const char *value);
bool ctl_set_limit(struct ctl_settings *settings, const char *value);
bool ctl_set_watch(struct ctl_settings *settings, const char *value);

int ctl_status(struct ctl_settings *settings);
int ctl_summary(struct ctl_settings *settings);
int ctl_flows(struct ctl_settings *settings);
int ctl_drops(struct ctl_settings *settings);
int ctl_alerts(struct ctl_settings *settings);
int ctl_collector(struct ctl_settings *settings);

/* The program: parses, runs, returns the exit status. */
int ctl_main(int argc, char **argv);

/* "kidosctl: ..." on standard error. */
__attribute__((format(printf, 1, 2))) void ctl_complain(const char *format, ...);

#endif
