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

size_t ctl_watch_rows(const struct ctl_output *output)
{
	struct winsize size;

	if (!output->watch || output->limited || output->json ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row <= AROUND)
		return output->limit;
	return size.ws_row - AROUND;
}

void ctl_watch_clear(const struct ctl_output *output)
{
	if (output->watch && isatty(STDOUT_FILENO))
		printf("\033[H\033[2J"); /* home, clear */
}

static void wait_for(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL); /* a signal ends it */
}

static int poll_once(const struct ctl_call *call, ctl_poll poll, void *context)
{
	struct ctl_state state;
	int status = ctl_state_open(&state, call->state);

	if (status)
		return status;
	status = poll(&state, context);
	ctl_state_close(&state);
	return status;
}

int ctl_watch(const struct ctl_call *call, const struct ctl_output *output, ctl_poll poll,
	      void *context)
{
	struct sigaction action = { .sa_handler = stop };
	int status = CTL_OK;

	if (!output->watch)
		return poll_once(call, poll, context);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!stopped && !status) {
		status = poll_once(call, poll, context);
		if (fflush(stdout))
			break; /* ctl_main reports it */
		if (!status && !stopped)
			wait_for(output->watch);
	}
	return status;
}
