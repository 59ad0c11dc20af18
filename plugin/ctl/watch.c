/* SPDX-License-Identifier: MIT */
#include "ctl/watch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define AROUND 4 /* lines of a screen that are no rows: head, titles, cursor */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

size_t ctl_watch_rows(const struct ctl_settings *settings)
{
	struct winsize size;

	if (!settings->watch || settings->limited || settings->json ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row <= AROUND)
		return settings->limit;
	return size.ws_row - AROUND;
}

void ctl_watch_clear(const struct ctl_settings *settings)
{
	if (settings->watch && isatty(STDOUT_FILENO))
		printf("\033[H\033[2J"); /* home, clear */
}

static void wait_for(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL); /* a signal ends it */
}

int ctl_watch(struct ctl_settings *settings,
	      int (*look)(struct ctl_settings *settings, void *history), void *history)
{
	struct sigaction action = { .sa_handler = stop };
	int status = CTL_OK;

	if (!settings->watch)
		return look(settings, history);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!stopped && !status) {
		status = look(settings, history);
		if (fflush(stdout))
			break; /* ctl_main says it */
		if (!status && !stopped)
			wait_for(settings->watch);
	}
	return status;
}
