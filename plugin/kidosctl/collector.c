/* SPDX-License-Identifier: MIT */
/* collector.c: asks the plugin to switch a collector, and waits for its answer. */
#include "kidosctl/commands.h"
#include "state/control_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 3000 /* the plugin looks four times a second, and may be in a poll */
#define LOOK_MS 20

static bool process_exists(unsigned int pid)
{
	return pid && (!kill((pid_t)pid, 0) || errno == EPERM);
}

/* One writer of requests at a time: holds the lock until it is closed. -errno on failure. */
static int lock_requests(const char *state)
{
	char path[PATH_MAX + 32];
	int lock, error;

	snprintf(path, sizeof(path), "%s/" KIDOS_CONTROL_LOCK, state);
	lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0)
		return -errno;
	if (!flock(lock, LOCK_EX))
		return lock;
	error = -errno;
	close(lock);
	return error;
}

static int send_request(const struct kidos_control_maps *maps, struct kidos_request *request)
{
	kidos_request_seal(request);
	return kidos_control_write(maps, KIDOS_CONTROL_REQUEST, 0, request);
}

static int number_request(const struct kidos_control_maps *maps, struct kidos_request *request)
{
	struct kidos_request last;
	int error = kidos_control_read(maps, KIDOS_CONTROL_REQUEST, 0, &last);

	request->number = last.number + 1;
	return error;
}

/* 0, -ETIMEDOUT, -ESRCH when the process is gone, or -errno. */
static int wait_answer(const struct kidos_control_maps *maps, unsigned int pid, __u64 number,
		       struct kidos_answer *answer)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	int error = -ETIMEDOUT;

	for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		error = kidos_control_read(maps, KIDOS_CONTROL_ANSWER, 0, answer);
		if (error || (kidos_answer_whole(answer) && answer->number == number))
			return error;
		if (!process_exists(pid))
			return -ESRCH;
		error = -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return error;
}

static int say_answer(const struct kidos_answer *answer)
{
	if (answer->status) {
		ctl_complain("%.*s", KIDOS_CONTROL_TEXT, answer->text);
		return CTL_FAILURE;
	}
	printf("%.*s\n", KIDOS_CONTROL_TEXT, answer->text);
	return CTL_OK;
}

/* Nobody may do later what was asked for now. */
static int say_nobody(const struct kidos_control_maps *maps, struct kidos_request *request,
		      unsigned int pid, int error)
{
	request->verb = 0;
	send_request(maps, request);
	if (error == -ESRCH)
		ctl_complain("nobody answers: process %u is gone", pid);
	else
		ctl_complain("nobody answers: process %u did not within %d s", pid,
			     PATIENCE_MS / 1000);
	return CTL_NO_DAEMON;
}

static int ask(const struct kidos_control_maps *maps, unsigned int pid,
	       struct kidos_request *request)
{
	struct kidos_answer answer;
	int error = number_request(maps, request);

	if (!error)
		error = send_request(maps, request);
	if (!error)
		error = wait_answer(maps, pid, request->number, &answer);
	if (!error)
		return say_answer(&answer);
	if (error == -ESRCH || error == -ETIMEDOUT)
		return say_nobody(maps, request, pid, error);
	ctl_complain("ask for it: %s", strerror(-error));
	return CTL_FAILURE;
}

static int ask_locked(const char *state, unsigned int pid, struct kidos_request *request)
{
	struct kidos_control_maps maps;
	int error = kidos_control_open(&maps, state), lock, code;

	lock = error ? error : lock_requests(state);
	if (lock < 0) {
		ctl_complain("%s: %s", state, strerror(-lock));
		code = CTL_FAILURE;
	} else {
		code = ask(&maps, pid, request);
		close(lock);
	}
	kidos_control_close(&maps);
	return code;
}

static int usage_names(const char *name)
{
	char names[128] = "";

	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++) {
		strcat(names, " ");
		strcat(names, kidos_collector_names[i]);
	}
	ctl_complain("no collector is called %s: there are%s", name, names);
	return CTL_USAGE;
}

int ctl_collector(const struct ctl_call *settings)
{
	const char *name = settings->words[0], *word = settings->words[1];
	struct kidos_request request = { .verb = KIDOS_REQUEST_COLLECTOR,
					 .argument = kidos_collector_find(name),
					 .on = !strcmp(word, "on") };
	struct ctl_state state;
	int code;

	if (request.argument == KIDOS_COLLECTORS)
		return usage_names(name);
	if (!request.on && strcmp(word, "off")) {
		ctl_complain("%s: neither on nor off", word);
		return CTL_USAGE;
	}
	code = ctl_state_open(&state, settings->state);
	if (code)
		return code;
	code = ask_locked(settings->state, state.maps.meta.pid, &request);
	ctl_state_close(&state);
	return code;
}
