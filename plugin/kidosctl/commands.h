/* SPDX-License-Identifier: MIT */
/* commands.h: the tables of kidosctl, and its commands that are of no collector. */
#ifndef KIDOS_KIDOSCTL_COMMANDS_H
#define KIDOS_KIDOSCTL_COMMANDS_H

#include "ctl/brief.h"
#include "ctl/ctl.h"

/* In the order of the manual; ended by NULL. */
extern const struct ctl_command *const ctl_commands[];

/* What collectors add to `status` and `summary`, in the order of the page; ended by NULL. */
extern const struct ctl_brief *const ctl_status_briefs[];
extern const struct ctl_brief *const ctl_summary_briefs[];

extern const struct ctl_command ctl_status, ctl_summary;
extern const struct ctl_brief ctl_collectors_in_status;

int ctl_collector(const struct ctl_call *call);
int ctl_cleanup(const struct ctl_call *call);

#endif
