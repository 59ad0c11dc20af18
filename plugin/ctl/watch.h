/* SPDX-License-Identifier: MIT */
/* watch.h: looking again and again. */
#ifndef KIDOS_CTL_WATCH_H
#define KIDOS_CTL_WATCH_H

#include "ctl/ctl.h"

/*
 * Looks once, or with --watch until a signal ends it or a look fails. history is handed on; each
 * look opens the state anew, so that a watch goes on when the daemon is restarted. enum ctl_exit.
 */
int ctl_watch(struct ctl_settings *settings,
	      int (*look)(struct ctl_settings *settings, void *history), void *history);

/* How many rows the screen takes, unless the user said it. */
size_t ctl_watch_rows(const struct ctl_settings *settings);

/* Clears the screen of whoever watches. */
void ctl_watch_clear(const struct ctl_settings *settings);

#endif
