/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "dhcp.h"
#include "hooks.h"
#include "netlink/talk.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void prepare_process(void)
{
	struct rlimit files;

	/* Two descriptors per namespace stay open. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(022);
}

/* NULL if the command line is wrong. */
static const struct kn_command *find_command(int argc, char **argv,
					     const struct kn_options *options)
{
	const struct kn_command *command;

	if (options->wrong || argc - optind != 2)
		return NULL;
	command = kn_command_find(argv[optind]);
	if (command && options->dry_run && !command->changes) {
		fprintf(stderr, "kidos-netns: %s changes nothing: it has no --dry-run\n",
			command->name);
		return NULL;
	}
	return command;
}

static int wrong_usage(int argc, char **argv, struct kn_output *output)
{
	struct kn_err err;
	int code = kn_fail(&err, -EINVAL, "wrong usage: kidos-netns --help names what there is");

	if (output->json)
		kn_output_end(output, optind < argc ? argv[optind] : NULL,
			      optind + 1 < argc ? argv[optind + 1] : NULL, code, &err);
	return kn_usage(stderr);
}

int main(int argc, char **argv)
{
	struct kn_output output = {};
	struct kn_options options = { .output = &output };
	const struct kn_command *command;
	struct kn_err err = {};
	int code;

	if (kn_dhcp_event(argc, argv, &code))
		return code;
	code = kn_options_read(argc, argv, &options);
	if (code >= 0)
		return code;
	output.json = options.json;
	command = find_command(argc, argv, &options);
	if (!command)
		return wrong_usage(argc, argv, &output);
	options.file = argv[optind + 1];
	prepare_process();
	kn_talk_fault = kn_hook_message;
	output.steps = options.json && options.dry_run ? json_object_new_array() : NULL;
	code = command->run(&options, &err);
	if (code < 0)
		fprintf(stderr, "kidos-netns: %s\n", err.text);
	if (options.json && (!command->prints_json || code < 0))
		kn_output_end(&output, command->name, options.file, code, &err);
	if (options.verbose)
		fprintf(stderr, "netlink: %lu sent, %lu received, %lu repeated\n",
			kn_talk_count.sent, kn_talk_count.received, kn_talk_count.repeated);
	return code ? EXIT_FAILURE : EXIT_SUCCESS;
}
