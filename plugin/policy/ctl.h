/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl policy`: a row for each of its verbs. */
#ifndef KIDOS_POLICY_CTL_H
#define KIDOS_POLICY_CTL_H

#include "ctl/ctl.h"
#include "ctl/state.h"

struct ctl_policy_settings {
	struct ctl_output output;
	bool force;
	uint64_t cover; /* percent */
};

extern const struct ctl_option ctl_policy_options[];
extern const struct ctl_command ctl_policy;

/* Each returns enum ctl_exit. file: as given. */
int ctl_policy_check(const char *file, const struct ctl_policy_settings *settings);
int ctl_policy_test(struct ctl_state *state, const char *file,
		    const struct ctl_policy_settings *settings);
int ctl_policy_suggest(struct ctl_state *state, const struct ctl_policy_settings *settings);
int ctl_policy_show(struct ctl_state *state, const struct ctl_policy_settings *settings);

/* May the daemon's file be taken, as far as this session is concerned? Complains. */
bool ctl_policy_keeps_peers(struct ctl_state *state);

#endif
