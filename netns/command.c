/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "dhcp.h"
#include "rehearse.h"
#include "session.h"
#include "settle.h"
#include "status.h"
#include "stop.h"
#include "uplink.h"
#include "uplink_guard.h"

#include <stdio.h>
#include <string.h>

/* Seconds. dnsmasq takes 3 s for each new client, one after the other, and may offer two of them
 * the same address, which costs one of them 3 to 6 s more. */
#define LEASE_WAIT 30

static void wait_until_used(struct kn_nets *nets)
{
	unsigned int without;

	kn_settle(nets);
	without = kn_dhcp_wait(nets, LEASE_WAIT);
	if (without && !kn_stop_asked())
		fprintf(stderr,
			"kidos-netns: %u of the DHCP links have no lease yet; their clients "
			"go on asking\n",
			without);
}

static int show_up(struct kn_session *s, struct kn_output *output, struct kn_err *err)
{
	int code = kn_plan_show(&s->plan, s->nets, kn_output_step, output, err);

	return code ? code : kn_rehearse(&s->plan, s->nets, err);
}

static int cmd_up(const struct kn_options *options, struct kn_err *err)
{
	_cleanup_session_ struct kn_session s = {};
	int code = kn_session_open(&s, options->file, !options->dry_run, err);

	if (!code)
		code = kn_session_check(&s, err);
	if (!code)
		code = kn_session_build(&s, err);
	if (!code && !options->dry_run)
		code = kn_uplink_recover(s.nets, err);
	if (!code)
		code = kn_uplink_check_closed(s.nets, err);
	if (!code)
		code = kn_uplink_resolve(s.nets, options->may_move_uplink, err);
	if (code && s.state && !options->dry_run)
		kn_session_forget_if_new(&s);
	if (code)
		return code;
	if (options->dry_run)
		return show_up(&s, options->output, err);
	code = kn_state_keep_place(s.state, s.place, err);
	if (!code)
		code = kn_state_keep_topology(s.state, s.topo->json, err);
	return code ? code : kn_plan_up(&s.plan, s.nets, wait_until_used, err);
}

static int show_down(struct kn_session *s, struct kn_output *output, struct kn_err *err)
{
	int code = kn_plan_show_down(&s->plan, s->nets, kn_output_step, output, err);

	return code ? code : kn_uplink_may_return(s->nets, err);
}

static int cmd_down(const struct kn_options *options, struct kn_err *err)
{
	_cleanup_session_ struct kn_session s = {};
	int code = kn_session_open_recorded(&s, options->file, !options->dry_run, err);

	if (!code)
		code = kn_session_build(&s, err);
	if (code && s.state && !options->dry_run)
		kn_session_forget_if_new(&s);
	if (code)
		return code;
	if (options->dry_run)
		return show_down(&s, options->output, err);
	/* down is done to its end: half a teardown helps nobody. */
	kn_stop_ignore();
	code = kn_uplink_resolve(s.nets, true, err);
	if (code && kn_state_topology(s.state))
		fprintf(stderr, "kidos-netns: %s\n", err->text);
	code = kn_plan_down(&s.plan, s.nets, err);
	return code ? code : kn_uplink_recover(s.nets, err);
}

static int cmd_status(const struct kn_options *options, struct kn_err *err)
{
	_cleanup_session_ struct kn_session s = {};
	struct kn_err unresolved;
	int code = kn_session_open(&s, options->file, false, err);

	if (!code)
		code = kn_session_build(&s, err);
	if (code)
		return code;
	kn_uplink_resolve(s.nets, true, &unresolved); /* its absence is a row of the report */
	return kn_status(s.nets, kn_session_is_same(&s), options->json, stdout, err);
}

static int cmd_check(const struct kn_options *options, struct kn_err *err)
{
	_cleanup_session_ struct kn_session s = {};
	int code = kn_topology_load(&s.topo, options->file, err);

	if (!code && !options->json)
		printf("%s: valid: %zu namespaces, %zu links, %zu mirrors\n", s.topo->file,
		       s.topo->n_ns - 1, s.topo->n_links, s.topo->n_mirrors);
	return code;
}

const struct kn_command kn_commands[] = {
	{ "up", cmd_up, true, false, "build the network that FILE describes" },
	{ "down", cmd_down, true, false, "take it down again" },
	{ "status", cmd_status, false, true, "check every part of it; exit 1 if one fails" },
	{ "check", cmd_check, false, false, "read FILE and touch nothing" },
	{},
};

const struct kn_command *kn_command_find(const char *name)
{
	for (const struct kn_command *command = kn_commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}
