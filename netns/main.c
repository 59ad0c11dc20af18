/* SPDX-License-Identifier: MIT */
#include "dhcp.h"
#include "hooks.h"
#include "netlink/cleanup.h"
#include "output.h"
#include "plan.h"
#include "recorded.h"
#include "rehearse.h"
#include "settle.h"
#include "status.h"
#include "stop.h"
#include "uplink.h"
#include "uplink_journal.h"

#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Seconds. dnsmasq takes 3 s for each new client, one after the other, and may offer two of them
 * the same address, which costs one of them 3 to 6 s more. */
#define LEASE_WAIT 30

enum {
	EXIT_USAGE = 2,
};

struct options {
	const char *file;
	bool dry_run, json, verbose, may_move_uplink;
	struct kn_output *output;
};

struct session {
	struct kn_topology *topo;
	struct kn_state *state;
	struct kn_world *world;
	struct kn_plan plan;
	char place[PATH_MAX]; /* of the file */
};

static void close_session(struct session *s)
{
	kn_plan_free(&s->plan);
	kn_world_close(s->world);
	kn_state_close(s->state);
	kn_topology_free(s->topo);
}

#define _cleanup_session_ __attribute__((cleanup(close_session)))

static int open_world(struct session *s, struct kn_err *err)
{
	int code = kn_world_open(&s->world, s->topo, err);

	if (code)
		return code;
	s->world->state = s->state;
	s->world->place = s->place[0] ? s->place : NULL;
	return kn_plan_build(&s->plan, s->topo, err);
}

static void use(struct session *s, struct kn_topology *topo)
{
	kn_topology_free(s->topo);
	s->topo = topo;
}

/* Without a record, as after a reboot, the uplink's journal tells it. */
static int read_recorded(struct session *s, struct kn_topology **out, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	const char *text = kn_state_topology(s->state);
	struct kn_err ignored;

	/* A journal that cannot be read is an error where it is needed. */
	if (!text &&
	    kn_journal_read(kn_state_lib(s->state), s->topo->name, &journal, &ignored) == 0)
		text = journal.topology;
	return text ? kn_recorded_parse(s->topo->name, text, out, err) : -ENOENT;
}

/* What is up is taken down by what it was built from, not by what the file says now. */
static int use_recorded(struct session *s, struct kn_err *err)
{
	struct kn_topology *recorded;
	int code = read_recorded(s, &recorded, err);

	if (!code)
		use(s, recorded);
	return code == -ENOENT ? 0 : code;
}

static bool same_topology(const struct session *s)
{
	const char *recorded = kn_state_topology(s->state);
	struct json_object *a, *b;
	bool same;

	if (!recorded)
		return true;
	a = json_tokener_parse(recorded);
	b = json_tokener_parse(s->topo->json);
	same = json_object_equal(a, b);
	json_object_put(a);
	json_object_put(b);
	return same;
}

static int open_state(struct session *s, bool write, struct kn_err *err)
{
	if (geteuid() != 0)
		return kn_fail(err, -EPERM, "needs root");
	if (write)
		kn_stop_catch();
	return kn_state_open(&s->state, s->topo->name, write, err);
}

static int open_file(struct session *s, const struct options *options, bool write,
		     struct kn_err *err)
{
	int code = kn_topology_load(&s->topo, options->file, err);

	kn_recorded_place(options->file, s->place);
	return code ? code : open_state(s, write, err);
}

/* By the file's place first: what it says now may be another name, or nothing that can be read. */
static int open_recorded(struct session *s, const struct options *options, struct kn_err *err)
{
	int code;

	kn_recorded_place(options->file, s->place);
	code = kn_recorded_find(s->place, &s->topo, err);
	if (code == -ENOENT)
		code = kn_topology_load(&s->topo, options->file, err);
	if (!code)
		code = open_state(s, !options->dry_run, err);
	return code ? code : use_recorded(s, err);
}

/* The name of a file that is up must not change, or nobody would find what is up. */
static int same_name(const struct session *s, struct kn_err *err)
{
	struct kn_topology *recorded;
	int code = kn_recorded_find(s->place, &recorded, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	if (strcmp(recorded->name, s->topo->name) != 0)
		code = kn_fail(err, -EBUSY, "%s is up as %s: take it down first", s->topo->file,
			       recorded->name);
	kn_topology_free(recorded);
	return code;
}

/* Refused before anything was done: not even the directory stays. */
static void forget_if_new(struct session *s)
{
	struct kn_err ignored;

	if (!kn_state_topology(s->state))
		kn_state_forget(s->state, &ignored);
}

static void wait_until_used(struct kn_world *world)
{
	unsigned int without;

	kn_settle(world);
	without = kn_dhcp_wait(world, LEASE_WAIT);
	if (without && !kn_stop_asked())
		fprintf(stderr,
			"kidos-netns: %u of the DHCP links have no lease yet; their clients "
			"go on asking\n",
			without);
}

static int show_up(struct session *s, struct kn_output *output, struct kn_err *err)
{
	int code = kn_plan_show(&s->plan, s->world, kn_output_step, output, err);

	return code ? code : kn_rehearse(&s->plan, s->world, err);
}

static int cmd_up(const struct options *options, struct kn_err *err)
{
	_cleanup_session_ struct session s = {};
	int code = open_file(&s, options, !options->dry_run, err);

	if (!code)
		code = same_name(&s, err);
	if (!code && !same_topology(&s))
		code = kn_fail(err, -EBUSY,
			       "%s is up from another version of %s: take it down first",
			       s.topo->name, s.topo->file);
	if (!code)
		code = open_world(&s, err);
	if (!code && !options->dry_run)
		code = kn_uplink_recover(s.world, err);
	if (!code)
		code = kn_uplink_resolve(s.world, options->may_move_uplink, err);
	if (code && s.state && !options->dry_run)
		forget_if_new(&s);
	if (code)
		return code;
	if (options->dry_run)
		return show_up(&s, options->output, err);
	code = kn_state_keep_place(s.state, s.place, err);
	if (!code)
		code = kn_state_keep_topology(s.state, s.topo->json, err);
	return code ? code : kn_plan_up(&s.plan, s.world, wait_until_used, err);
}

static int cmd_down(const struct options *options, struct kn_err *err)
{
	_cleanup_session_ struct session s = {};
	int code = open_recorded(&s, options, err);

	if (!code)
		code = open_world(&s, err);
	if (code)
		return code;
	if (options->dry_run)
		return kn_plan_show_down(&s.plan, s.world, kn_output_step, options->output, err);
	/* down is done to its end: half a teardown helps nobody. */
	kn_stop_ignore();
	code = kn_uplink_resolve(s.world, true, err);
	if (code && kn_state_topology(s.state))
		fprintf(stderr, "kidos-netns: %s\n", err->text);
	code = kn_plan_down(&s.plan, s.world, err);
	return code ? code : kn_uplink_recover(s.world, err);
}

static int cmd_status(const struct options *options, struct kn_err *err)
{
	_cleanup_session_ struct session s = {};
	struct kn_err unresolved;
	int code = open_file(&s, options, false, err);

	if (!code)
		code = open_world(&s, err);
	if (code)
		return code;
	kn_uplink_resolve(s.world, true, &unresolved); /* its absence is a row of the report */
	return kn_status(s.world, same_topology(&s), options->json, stdout, err);
}

static int cmd_check(const struct options *options, struct kn_err *err)
{
	_cleanup_session_ struct session s = {};
	int code = kn_topology_load(&s.topo, options->file, err);

	if (!code && !options->json)
		printf("%s: valid: %zu namespaces, %zu links, %zu mirrors\n", s.topo->file,
		       s.topo->n_ns - 1, s.topo->n_links, s.topo->n_mirrors);
	return code;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *options, struct kn_err *err);
	bool prints_json; /* itself, unless it fails; else main prints the outcome */
	const char *help;
} commands[] = {
	{ "up", cmd_up, false, "build the world that FILE describes" },
	{ "down", cmd_down, false, "take it down again" },
	{ "status", cmd_status, true, "check every part of it; exit 1 if one fails" },
	{ "check", cmd_check, false, "read FILE and touch nothing" },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

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
	  "move the uplink even if it carries the default route" },
	{ { "help", no_argument, NULL, OPT_HELP }, "this text" },
	{ { "version", no_argument, NULL, OPT_VERSION }, "the version" },
};
#define N_OPTIONS (sizeof(option_table) / sizeof(option_table[0]))

static int usage(FILE *out)
{
	fputs("usage: kidos-netns up|down|status|check FILE [options]\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-18s %s\n", commands[i].name, commands[i].help);
	fputc('\n', out);
	for (size_t i = 0; i < N_OPTIONS; i++)
		fprintf(out, "  --%-16s %s\n", option_table[i].option.name, option_table[i].help);
	return out == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

/* Returns -1 to go on, or the exit code. */
static int read_options(int argc, char **argv, struct options *options)
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
			return usage(stdout);
		case OPT_VERSION:
			puts("kidos-netns " KIDOS_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage(stderr);
		}
	}
	return -1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

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
	struct options options = { .output = &output };
	const struct command *command;
	struct kn_err err = {};
	int code;

	if (kn_dhcp_event(argc, argv, &code))
		return code;
	code = read_options(argc, argv, &options);
	if (code >= 0)
		return code;
	if (argc - optind != 2 || !(command = find_command(argv[optind])))
		return usage(stderr);
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
