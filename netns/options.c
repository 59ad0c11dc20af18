/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "command.h"

#include <getopt.h>
#include <stdlib.h>

#define EXIT_USAGE 2

enum {
	OPT_DRY_RUN = 256,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_MOVE,
	OPT_HELP,
	OPT_VERSION,
};

static const struct {
	struct option option;
	const char *help;
} option_table[] = {
	{ { "dry-run", no_argument, NULL, OPT_DRY_RUN }, "print the plan and change nothing" },
	{ { "json", no_argument, NULL, OPT_JSON }, "report as JSON" },
	{ { "verbose", no_argument, NULL, OPT_VERBOSE }, "count netlink messages on stderr" },
	{ { "yes-move-uplink", no_argument, NULL, OPT_MOVE },
	  "move the uplink even if the way out is by it" },
	{ { "help", no_argument, NULL, OPT_HELP }, "this text; also -h" },
	{ { "version", no_argument, NULL, OPT_VERSION }, "the version" },
};
#define N_OPTIONS (sizeof(option_table) / sizeof(option_table[0]))

int kn_usage(FILE *out)
{
	fputs("usage: kidos-netns up|down|status|check FILE [options]\n\n", out);
	for (const struct kn_command *command = kn_commands; command->name; command++)
		fprintf(out, "  %-18s %s\n", command->name, command->help);
	fputc('\n', out);
	for (size_t i = 0; i < N_OPTIONS; i++)
		fprintf(out, "  --%-16s %s\n", option_table[i].option.name, option_table[i].help);
	return out == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

int kn_options_read(int argc, char **argv, struct kn_options *options)
{
	struct option longs[N_OPTIONS + 1] = {};
	int c;

	for (size_t i = 0; i < N_OPTIONS; i++)
		longs[i] = option_table[i].option;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case OPT_DRY_RUN:
			options->dry_run = true;
			break;
		case OPT_JSON:
			options->json = true;
			break;
		case OPT_VERBOSE:
			options->verbose = true;
			break;
		case OPT_MOVE:
			options->may_move_uplink = true;
			break;
		case 'h':
		case OPT_HELP:
			return kn_usage(stdout);
		case OPT_VERSION:
			puts("kidos-netns " KIDOS_VERSION);
			return EXIT_SUCCESS;
		default:
			options->wrong = true;
		}
	}
	return -1;
}
