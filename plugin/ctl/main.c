/* SPDX-License-Identifier: MIT */
/* main.c: the command line, by the tables. */
#include "ctl/ctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 32

void ctl_complain(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs("kidosctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void print_options(FILE *to, const struct ctl_option *options)
{
	for (; options->name; options++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", options->name,
			 options->argument ? options->argument : "");
		fprintf(to, "    %-22s %s\n", left, options->help);
	}
}

/* One command, or all of them. */
static void usage(FILE *to, const struct ctl_command *command)
{
	fprintf(to, "usage: kidosctl [--state DIR] %s [options]%s%s\n",
		command ? command->name : "COMMAND", command && command->words ? " " : "",
		command && command->words ? command->words : "");
	if (command) {
		print_options(to, command->options);
		return;
	}
	print_options(to, ctl_global_options);
	for (command = ctl_commands; command->name; command++) {
		fprintf(to, "\n%s%s%s: %s\n", command->name, command->words ? " " : "",
			command->words ? command->words : "", command->help);
		print_options(to, command->options);
	}
	fprintf(to, "\nexit status: 0, 1 failure, 2 usage, 3 no daemon\n");
}

static int wrong(const struct ctl_command *command)
{
	usage(stderr, command);
	return CTL_USAGE;
}

/* --help and --version are everywhere; their values lie behind the table's. */
static int fill(struct option *options, const struct ctl_option *table)
{
	int count = 0;

	for (; table[count].name; count++) {
		const char *argument = table[count].argument;
		int has = !argument          ? no_argument
			  : *argument == '[' ? optional_argument
					     : required_argument;

		options[count] = (struct option){ table[count].name, has, NULL, count };
	}
	options[count] = (struct option){ "help", no_argument, NULL, count };
	options[count + 1] = (struct option){ "version", no_argument, NULL, count + 1 };
	options[count + 2] = (struct option){};
	return count;
}

/* "--watch 2" as well as "--watch=2", which is all that getopt_long knows. */
static const char *value_of(const struct ctl_option *option, int argc, char **argv)
{
	if (optarg || !option->argument || *option->argument != '[')
		return optarg;
	return optind < argc && *argv[optind] != '-' ? argv[optind++] : NULL;
}

static bool apply(const struct ctl_option *option, bool again, struct ctl_settings *settings,
		  const char *value)
{
	if (again && !option->many) {
		ctl_complain("--%s is given twice", option->name);
		return false;
	}
	if (option->set(settings, value))
		return true;
	ctl_complain("--%s \"%s\" is not: %s", option->name, value ? value : "", option->help);
	return false;
}

enum outcome {
	GO_ON,
	SAID, /* --help or --version was answered */
	WRONG,
};

static enum outcome answer(bool help, const struct ctl_command *command)
{
	if (help)
		usage(stdout, command);
	else
		puts("kidosctl " KIDOS_VERSION);
	return SAID;
}

/* Up to the first word that is no option. */
static enum outcome parse(int argc, char **argv, const struct ctl_option *table,
			  const struct ctl_command *command, struct ctl_settings *settings)
{
	struct option options[OPTIONS_MAX];
	int count = fill(options, table), index;
	bool given[OPTIONS_MAX] = {};

	opterr = 0;
	while ((index = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
		if (index == '?' || index == ':') {
			ctl_complain("%s: %s", argv[optind - 1],
				     index == ':' ? "needs a value" : "no such option");
			return WRONG;
		}
		if (index >= count)
			return answer(index == count, command);
		if (!apply(&table[index], given[index], settings,
			   value_of(&table[index], argc, argv)))
			return WRONG;
		given[index] = true;
	}
	return GO_ON;
}

static const struct ctl_command *find(const char *name)
{
	for (const struct ctl_command *command = ctl_commands; command->name; command++)
		if (!strcmp(name, command->name))
			return command;
	return NULL;
}

static bool contradicts(const struct ctl_settings *settings)
{
	if (settings->resolve && settings->json)
		ctl_complain("--resolve is for text: JSON has the addresses");
	return settings->resolve && settings->json;
}

static bool has_its_words(const struct ctl_command *command, int count, char **words)
{
	int wanted = command->words ? 1 : 0;

	for (const char *at = command->words; at && *at; at++)
		wanted += *at == ' ';
	if (count > wanted)
		ctl_complain("%s: too many words", words[wanted]);
	else if (count < wanted)
		ctl_complain("%s takes %s", command->name, command->words);
	return count == wanted;
}

static int run(const struct ctl_command *command, struct ctl_settings *settings)
{
	int status = command->run(settings);

	if (fflush(stdout) || ferror(stdout)) {
		ctl_complain("cannot write: %m");
		return CTL_FAILURE;
	}
	return status;
}

int ctl_main(int argc, char **argv)
{
	struct ctl_settings settings = {
		.state = CTL_STATE_PATH,
		.filter = KIDOS_FLOW_FILTER_ALL,
		.limit = CTL_LIMIT,
		.drops.filter = KIDOS_DROP_FILTER_ALL,
	};
	const struct ctl_command *command;
	enum outcome outcome;

	outcome = parse(argc, argv, ctl_global_options, NULL, &settings);
	if (outcome != GO_ON)
		return outcome == SAID ? CTL_OK : wrong(NULL);
	command = optind < argc ? find(argv[optind]) : NULL;
	if (!command) {
		ctl_complain(optind < argc ? "no such command: %s" : "no command%s",
			     optind < argc ? argv[optind] : "");
		return wrong(NULL);
	}
	optind++;
	outcome = parse(argc, argv, command->options, command, &settings);
	if (outcome != GO_ON)
		return outcome == SAID ? CTL_OK : wrong(command);
	settings.words = argv + optind;
	if (!has_its_words(command, argc - optind, settings.words) || contradicts(&settings))
		return wrong(command);
	return run(command, &settings);
}
