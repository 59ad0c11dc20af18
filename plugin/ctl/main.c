/* SPDX-License-Identifier: MIT */
/* main.c: the command line, by the tables. */
#include "core/text.h"
#include "ctl/ctl.h"
#include "netlink/cleanup.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32 /* so that the index of an option is no letter */

/* Options that have a letter too, in every command that knows them. */
static const struct {
	char letter;
	const char *name;
} letters[] = { { 'h', "help" }, { 'j', "json" }, { 'w', "write" } };
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

const struct ctl_option ctl_global_options[] = {
	{ "state", "DIR", "directory of the pinned maps (default " CTL_STATE_PATH ")", ctl_set_text,
	  offsetof(struct ctl_call, state), false },
	{},
};

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

static char letter_of(const char *name)
{
	for (size_t i = 0; i < LETTERS; i++)
		if (!strcmp(letters[i].name, name))
			return letters[i].letter;
	return '\0';
}

static void print_options(FILE *to, const struct ctl_option *options)
{
	for (; options->name; options++) {
		char left[40], letter[] = "-x, ";

		*letter = letter_of(options->name) ? '-' : '\0';
		letter[1] = letter_of(options->name);
		snprintf(left, sizeof(left), "%s--%s %s", letter, options->name,
			 options->argument ? options->argument : "");
		fprintf(to, "    %-22s %s\n", left, options->help);
	}
}

/* What is being parsed: a table, and whose it is. */
struct grammar {
	const struct ctl_command *const *commands;
	const struct ctl_command *command; /* NULL: the options ahead of it */
	const struct ctl_option *options;
};

static void usage_of_all(FILE *to, const struct ctl_command *const *commands)
{
	fprintf(to, "usage: kidosctl [--state DIR] COMMAND [options]\n");
	print_options(to, ctl_global_options);
	fprintf(to, "    %-22s %s\n", "-h, --help", "print this, or the options of a command");
	for (; *commands; commands++) {
		const struct ctl_command *command = *commands;

		fprintf(to, "\n%s%s%s: %s\n", command->name, command->words ? " " : "",
			command->words ? command->words : "", command->help);
		print_options(to, command->options);
	}
	fprintf(to,
		"\nexit status: 0, 1 failure, 2 usage, 3 no daemon, or for status a dead one\n");
}

static void usage(FILE *to, const struct grammar *grammar)
{
	const struct ctl_command *command = grammar->command;

	if (!command) {
		usage_of_all(to, grammar->commands);
		return;
	}
	fprintf(to, "usage: kidosctl [--state DIR] %s [options]%s%s\n", command->name,
		command->words ? " " : "", command->words ? command->words : "");
	print_options(to, command->options);
}

static int refuse(const struct grammar *grammar)
{
	if (!grammar->command || !grammar->command->terse)
		usage(stderr, grammar);
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

static bool apply(const struct ctl_option *option, bool again, void *settings, const char *value)
{
	if (again && !option->many) {
		ctl_complain("--%s is given twice", option->name);
		return false;
	}
	if (option->set((char *)settings + option->field, value))
		return true;
	ctl_complain("--%s \"%s\" is not: %s", option->name, value ? value : "", option->help);
	return false;
}

/* The index of the next option of the command line; -1: there is none, '?' or ':': it is wrong. */
static int next_option(int argc, char **argv, const struct grammar *grammar,
		       const struct option *options)
{
	/* Behind a command's words there may be options, too; ahead of the command words end them.
	 */
	bool any_order = grammar->command && grammar->command->words;
	int value = getopt_long(argc, argv, any_order ? ":hjw:" : "+:hjw:", options, NULL);

	for (size_t i = 0; i < LETTERS; i++)
		for (int at = 0; value == letters[i].letter && options[at].name; at++)
			if (!strcmp(letters[i].name, options[at].name))
				return options[at].val;
	if (value < OPTIONS_MAX || value == '?' || value == ':')
		return value;
	optopt = value; /* a letter that this command lacks */
	return '?';
}

static void complain_of_option(int error, char **argv)
{
	bool letter = optopt < 0 || optopt >= OPTIONS_MAX; /* maybe one of several in its word */
	const char raw[] = { '-', (char)optopt, '\0' };
	char name[8];

	kidos_text_escape(raw, name, sizeof(name));
	ctl_complain("%s: %s", letter ? name : argv[optind - 1],
		     error == ':' ? "needs a value" : "no such option");
}

enum outcome {
	PARSED,
	ANSWERED, /* --help or --version: nothing is left to do */
	REFUSED,
};

static enum outcome answer(bool help, const struct grammar *grammar)
{
	if (help)
		usage(stdout, grammar);
	else
		puts("kidosctl " KIDOS_VERSION);
	return ANSWERED;
}

/* Up to the first word that is no option. */
static enum outcome parse(int argc, char **argv, const struct grammar *grammar, void *settings)
{
	const struct ctl_option *table = grammar->options;
	struct option options[OPTIONS_MAX];
	int count = fill(options, table), index;
	bool given[OPTIONS_MAX] = {};

	opterr = 0;
	while ((index = next_option(argc, argv, grammar, options)) != -1) {
		if (index == '?' || index == ':') {
			complain_of_option(index, argv);
			return REFUSED;
		}
		if (index >= count)
			return answer(index == count, grammar);
		if (!apply(&table[index], given[index], settings,
			   value_of(&table[index], argc, argv)))
			return REFUSED;
		given[index] = true;
	}
	return PARSED;
}

/* What follows the name's first word, "" if nothing does; NULL: it is another word. */
static const char *second_word(const struct ctl_command *command, const char *first)
{
	size_t length = strcspn(command->name, " ");

	if (strlen(first) != length || strncmp(command->name, first, length))
		return NULL;
	return command->name + length + (command->name[length] == ' ');
}

/* Takes its name's words off the line, and finds the command; else false, with what is closest. */
static bool find(struct grammar *grammar, int argc, char **argv)
{
	const char *second = argc > optind + 1 ? argv[optind + 1] : "-";

	grammar->command = NULL;
	for (const struct ctl_command *const *command = grammar->commands; *command; command++) {
		const char *wanted = second_word(*command, argv[optind]);

		if (!wanted)
			continue;
		if (!grammar->command)
			grammar->command = *command;
		if (*wanted && strcmp(wanted, second))
			continue;
		grammar->command = *command;
		optind += *wanted ? 2 : 1;
		return true;
	}
	if (!grammar->command || *second != '-')
		return false;
	optind++;
	return true;
}

static void complain_of_command(const struct grammar *grammar, int argc, char **argv)
{
	bool family = grammar->command && argc > optind + 1;

	if (optind == argc)
		ctl_complain("no command");
	else
		ctl_complain("no such command: %s%s%s", argv[optind], family ? " " : "",
			     family ? argv[optind + 1] : "");
}

/* The last word may come again: "FILE...". */
static bool takes_more(const struct ctl_command *command)
{
	size_t length = command->words ? strlen(command->words) : 0;

	return length > 3 && !strcmp(command->words + length - 3, "...");
}

static bool has_its_words(const struct ctl_command *command, int count, char **words)
{
	int most = command->words ? 1 : 0, least;

	for (const char *at = command->words; at && *at; at++)
		most += *at == ' ';
	least = most;
	for (const char *at = command->words; at && *at; at++)
		least -= *at == '[';
	if (count > most && takes_more(command))
		most = count;
	if (count > most)
		ctl_complain("%s: too many words", words[most]);
	else if (count < least)
		ctl_complain("%s takes %s", command->name, command->words);
	return count >= least && count <= most;
}

static void *new_settings(const struct ctl_command *command)
{
	void *settings = calloc(1, command->size ? command->size : 1);

	if (settings && command->defaults)
		memcpy(settings, command->defaults, command->size);
	if (!settings)
		ctl_complain("out of memory");
	return settings;
}

static int run(const struct ctl_command *command, const struct ctl_call *call)
{
	int status = command->run(call);

	if (fflush(stdout) || ferror(stdout)) {
		ctl_complain("cannot write: %m");
		return CTL_FAILURE;
	}
	return status;
}

/* The command's own options and words, then the command itself. */
static int parse_and_run(int argc, char **argv, struct grammar *grammar, struct ctl_call *call)
{
	const struct ctl_command *command = grammar->command;
	_cleanup_free_ void *settings = new_settings(command);
	enum outcome outcome;

	if (!settings)
		return CTL_FAILURE;
	grammar->options = command->options;
	outcome = parse(argc, argv, grammar, settings);
	if (outcome != PARSED)
		return outcome == ANSWERED ? CTL_OK : refuse(grammar);
	call->words = argv + optind;
	call->settings = settings;
	if (!has_its_words(command, argc - optind, call->words) ||
	    (command->check && !command->check(settings)))
		return refuse(grammar);
	return run(command, call);
}

int ctl_main(const struct ctl_command *const *commands, int argc, char **argv)
{
	struct grammar grammar = { .commands = commands, .options = ctl_global_options };
	struct ctl_call call = { .state = CTL_STATE_PATH };
	enum outcome outcome = parse(argc, argv, &grammar, &call);

	if (outcome != PARSED)
		return outcome == ANSWERED ? CTL_OK : refuse(&grammar);
	if (optind == argc || !find(&grammar, argc, argv)) {
		complain_of_command(&grammar, argc, argv);
		return refuse(&grammar);
	}
	/* The command's last word is what a program's name is to getopt; 0: it begins anew. */
	argc -= optind - 1;
	argv += optind - 1;
	optind = 0;
	return parse_and_run(argc, argv, &grammar, &call);
}
