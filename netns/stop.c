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

static void nothing(int sig)
{
	(void)sig;
}

/* What was ignored from the start, as SIGHUP under nohup, stays so. */
static void on_signal(int sig, void (*handler)(int))
{
	/* SA_RESTART: a request to the kernel does not fail with EINTR. Pauses end all the same. */
	struct sigaction was, act = { .sa_handler = handler, .sa_flags = SA_RESTART };

	if (sigaction(sig, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaction(sig, &act, NULL);
}

static void on_signals(void (*handler)(int))
{
	/* SIGHUP: sshd goes, for one because the uplink does. */
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		on_signal(signals[i], handler);
}

void kn_stop_catch(void)
{
	on_signals(remember);
	/* Nobody reads our output any more. A handler, since the DHCP clients would inherit
	 * SIG_IGN. */
	on_signal(SIGPIPE, nothing);
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
