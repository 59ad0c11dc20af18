/* SPDX-License-Identifier: MIT */
/* watch.h: one poll of a state directory, or one after another. */
#ifndef KIDOS_CTL_WATCH_H
#define KIDOS_CTL_WATCH_H

#include "ctl/ctl.h"
#include "ctl/state.h"

/* What a poll does with the state; enum ctl_exit. context: the command's own. */
typedef int (*ctl_poll)(struct ctl_state *state, void *context);

/*
 * Polls once, or with --watch until a signal ends it or a poll fails. Each poll opens the state
 * anew, so that a watch goes on when the daemon is restarted. enum ctl_exit.
 */
int ctl_watch(const struct ctl_call *call, const struct ctl_output *output, ctl_poll poll,
	      void *context);

/* How many rows the screen takes, unless the user gave a limit. */
size_t ctl_watch_rows(const struct ctl_output *output);

/* Clears the screen of whoever watches. */
void ctl_watch_clear(const struct ctl_output *output);

/* ... and prints the time of the poll on a line of its own; nothing for JSON or without --watch. */
void ctl_watch_head(const struct ctl_output *output, const struct ctl_state *state);

#endif
