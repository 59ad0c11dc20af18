/* SPDX-License-Identifier: MIT */
#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t asked;

static void remember(int sig)
{
	(void)sig;
	asked = 1;
}

static void on_signals(void (*handler)(int))
{
	/* SA_RESTART: a request to the kernel does not fail with EINTR. Pauses end all the same. */
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

void kn_stop_catch(void)
{
	on_signals(remember);
}

void kn_stop_ignore(void)
{
	on_signals(SIG_IGN);
}

bool kn_stop_asked(void)
{
	return asked;
}

bool kn_stop_pause(unsigned int ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	if (!asked)
		nanosleep(&pause, NULL);
	return !asked;
}
