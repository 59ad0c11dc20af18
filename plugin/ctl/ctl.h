/* SPDX-License-Identifier: MIT */
/* ctl.h: what a command of kidosctl is, and the options that several have. Knows no collector. */
#ifndef KIDOS_CTL_CTL_H
#define KIDOS_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_exit {
	CTL_OK,
	CTL_FAILURE,
	CTL_USAGE,
	CTL_NO_DAEMON,
};

#define CTL_STATE_PATH "/sys/fs/bpf/kidos"
#define CTL_LIMIT 50 /* rows of a list */

/* How a command prints: the member `output` of its settings. */
struct ctl_output {
	bool json;
	bool limited; /* by the user */
	uint64_t limit; /* rows, 0: all */
	double watch; /* seconds between polls, 0: one poll */
};

/* Tables of options end with a row without a name. */
struct ctl_option {
	const char *name;
	const char *argument; /* as usage shows it, NULL: none; "[...]" may be left out */
	const char *help; /* begins with what the argument must be */
	bool (*set)(void *field, const char *value); /* false: the value is none of this option */
	size_t field; /* offset of what it sets in the command's settings */
	bool many; /* may be given more than once */
};

/* One run of a command. */
struct ctl_call {
	const char *state; /* directory of the pinned maps */
	char **words; /* as many as the command takes; NULL behind the last */
	const void *settings; /* the command's own struct, defaults and options applied */
};

/*
 * A name may have two words. Where the second is left out, the first row that
 * begins with the word is meant.
 */
struct ctl_command {
	const char *name;
	const char *help;
	const struct ctl_option *options;
	const char *words; /* that it takes, blank between them, [those that may be left out] last,
			      "..." behind the last: or more; NULL: none */
	size_t size; /* of its settings */
	const void *defaults; /* of its settings; NULL: zeros */
	/* False, and a complaint, where settings contradict each other; NULL: they cannot. */
	bool (*check)(const void *settings);
	bool terse; /* what is wrong with its options is one line, without its usage */
	int (*run)(const struct ctl_call *call); /* enum ctl_exit */
};

/* Setters for the fields of options. */
bool ctl_set_true(void *field, const char *value); /* bool */
bool ctl_set_text(void *field, const char *value); /* const char *, not empty */
bool ctl_set_since(void *field, const char *value); /* uint64_t, CLOCK_REALTIME ns */
bool ctl_set_watch(void *field, const char *value); /* double, seconds */
bool ctl_set_limit(void *field, const char *value); /* struct ctl_output */
bool ctl_set_proto(void *field, const char *value); /* int */
/* These add to a struct kidos_flow_filter. */
bool ctl_set_host(void *field, const char *value);
bool ctl_set_port(void *field, const char *value);
bool ctl_set_prefix(void *field, const char *value);
/* And these set one of its two ends, a struct kidos_filter_end. */
bool ctl_set_end(void *field, const char *value); /* address or prefix */
bool ctl_set_end_port(void *field, const char *value);

/* Rows of the options that several commands have. type: their settings, with a member `output`. */
#define CTL_OPTION_JSON(type)                                                             \
	{                                                                                 \
		"json", NULL, "print one JSON object a poll; times in UTC", ctl_set_true, \
			offsetof(type, output.json), false                                \
	}
#define CTL_OPTION_LIMIT(type)                                                        \
	{                                                                             \
		"limit", "N", "rows to print (default 50), 0 for all", ctl_set_limit, \
			offsetof(type, output), false                                 \
	}
#define CTL_OPTION_WATCH(type)                                                        \
	{                                                                             \
		"watch", "[SECONDS]",                                                 \
			"0.1 to 86400 seconds between polls (default 1), with rates", \
			ctl_set_watch, offsetof(type, output.watch), false            \
	}
#define CTL_OPTION_SINCE(type, member)                                                        \
	{                                                                                     \
		"since", "WHEN", "RFC 3339, seconds since 1970, or an age: 90s, 15m, 2h, 3d", \
			ctl_set_since, offsetof(type, member), false                          \
	}
/* Ends of a packet: member is a struct kidos_flow_filter. */
#define CTL_OPTION_HOST(type, member)                                                              \
	{                                                                                          \
		"host", "ADDR", "IPv4 or IPv6 address of one end; twice: both ends", ctl_set_host, \
			offsetof(type, member), true                                               \
	}
#define CTL_OPTION_PORT(type, member)                                                       \
	{                                                                                   \
		"port", "N", "port of one end, 1 to 65535; twice: both ends", ctl_set_port, \
			offsetof(type, member), true                                        \
	}
#define CTL_OPTION_PREFIX(type, member)                                                     \
	{                                                                                   \
		"prefix", "CIDR", "prefix that holds one end, 10.0.0.0/8 or 2001:db8::/32", \
			ctl_set_prefix, offsetof(type, member), true                        \
	}

/* One end: end is a struct kidos_filter_end, which its name in words. */
#define CTL_OPTION_END(type, name, end, which)                                                     \
	{                                                                                          \
		name, "CIDR", "address or prefix of the " which, ctl_set_end, offsetof(type, end), \
			false                                                                      \
	}
#define CTL_OPTION_END_PORT(type, name, end, which)                               \
	{                                                                         \
		name, "N", "port of the " which ", 1 to 65535", ctl_set_end_port, \
			offsetof(type, end), false                                \
	}

extern const struct ctl_option ctl_global_options[]; /* ahead of the command; of struct ctl_call */

/* The program: parses, runs, returns the exit status. commands: ended by NULL. */
int ctl_main(const struct ctl_command *const *commands, int argc, char **argv);

/* "kidosctl: ..." on standard error. */
__attribute__((format(printf, 1, 2))) void ctl_complain(const char *format, ...);

#endif
