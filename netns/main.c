/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "dhcp.h"
#include "hooks.h"
#include "netlink/talk.h"

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
	if (argc - optind != 2 || !(command = kn_command_find(argv[optind])))
		return kn_usage(stderr);
	options.file = argv[optind + 1];
	prepare_process();
	kn_talk_fault = kn_hook_message;
	output.json = options.json;
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
