/* SPDX-License-Identifier: MIT */
#include "ctl/watch.h"
#include "core/now.h"
#include "core/text.h"

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

void ctl_watch_head(const struct ctl_output *output, const struct ctl_state *state)
{
	char now[KIDOS_TEXT_TIME];

	if (!output->watch || output->json)
		return;
	ctl_watch_clear(output);
	kidos_text_local(state->time_ns, now);
	printf("%s\n", now);
}

static void wait_for(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL); /* a signal ends it */
}

/* before_ns: CLOCK_MONOTONIC of the poll before, 0 ahead of the first; becomes this one's. */
static int poll_once(const struct ctl_call *call, const struct ctl_output *output, ctl_poll poll,
		     void *context, uint64_t *before_ns)
{
	uint64_t now_ns = kidos_now_ns(CLOCK_MONOTONIC);
	struct ctl_state state;
	int status = ctl_state_open(&state, call->state);

	if (status)
		return status;
	state.interval.watched = output->watch > 0;
	if (*before_ns)
		state.interval.seconds = (double)(now_ns - *before_ns) / 1e9;
	*before_ns = now_ns;
	status = poll(&state, context);
	ctl_state_close(&state);
	return status;
}

int ctl_watch(const struct ctl_call *call, const struct ctl_output *output, ctl_poll poll,
	      void *context)
{
	struct sigaction action = { .sa_handler = stop };
	uint64_t before_ns = 0;
	int status = CTL_OK;

	if (!output->watch)
		return poll_once(call, output, poll, context, &before_ns);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!stopped && !status) {
		status = poll_once(call, output, poll, context, &before_ns);
		if (fflush(stdout))
			break; /* ctl_main reports it */
		if (!status && !stopped)
			wait_for(output->watch);
	}
	return status;
}
