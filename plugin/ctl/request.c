/* SPDX-License-Identifier: MIT */
#include "ctl/request.h"
#include "ctl/state.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

/* The plugin polls four times a second, and may be in a poll or load programs on a slow CPU. */
#define PATIENCE_MS 10000
#define POLL_MS 20

/* One writer of requests at a time: holds the lock until it is closed. -errno on failure. */
static int lock_requests(const char *state)
{
	char path[PATH_MAX + 32];
	_cleanup_fd_ int lock = -1;

	snprintf(path, sizeof(path), "%s/" KIDOS_CONTROL_LOCK, state);
	lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX))
		return -errno;
	return KN_TAKE_FD(lock);
}

static int send_request(const int maps[KIDOS_CONTROL_MAPS], struct kidos_request *request)
{
	kidos_request_seal(request);
	return kidos_map_write(maps[KIDOS_CONTROL_REQUEST], 0, request);
}

static int number_request(const int maps[KIDOS_CONTROL_MAPS], struct kidos_request *request)
{
	struct kidos_request last;
	int error = kidos_map_read(maps[KIDOS_CONTROL_REQUEST], 0, &last);

	request->number = last.number + 1;
	return error;
}

/* 0, -ETIMEDOUT, -ESRCH when the process is gone, or -errno. */
static int wait_answer(const int maps[KIDOS_CONTROL_MAPS], unsigned int pid, __u64 number,
		       struct kidos_answer *answer)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	int error = -ETIMEDOUT;

	for (int waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
		error = kidos_map_read(maps[KIDOS_CONTROL_ANSWER], 0, answer);
		if (error || (kidos_answer_whole(answer) && answer->number == number))
			return error;
		if (!ctl_process_exists(pid))
			return -ESRCH;
		error = -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return error;
}

static int judge(const struct kidos_answer *answer)
{
	if (!answer->status)
		return CTL_OK;
	ctl_complain("%.*s", KIDOS_CONTROL_TEXT, answer->text);
	return CTL_FAILURE;
}

/* Nobody may do later what was asked for now. */
static int give_up(const int maps[KIDOS_CONTROL_MAPS], struct kidos_request *request,
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

static int exchange(const int maps[KIDOS_CONTROL_MAPS], unsigned int pid,
		    struct kidos_request *request, struct kidos_answer *answer)
{
	int error = number_request(maps, request);

	if (!error)
		error = send_request(maps, request);
	if (!error)
		error = wait_answer(maps, pid, request->number, answer);
	if (!error)
		return judge(answer);
	if (error == -ESRCH || error == -ETIMEDOUT)
		return give_up(maps, request, pid, error);
	ctl_complain("ask for it: %s", strerror(-error));
	return CTL_FAILURE;
}

int ctl_ask(const int maps[KIDOS_CONTROL_MAPS], const char *state, unsigned int pid,
	    struct kidos_request *request, struct kidos_answer *answer)
{
	_cleanup_fd_ int lock = lock_requests(state);

	if (lock < 0) {
		ctl_complain("%s: %s", state, strerror(-lock));
		return CTL_FAILURE;
	}
	return exchange(maps, pid, request, answer);
}

int ctl_request(const int maps[KIDOS_CONTROL_MAPS], const char *state, unsigned int pid,
		struct kidos_request *request)
{
	struct kidos_answer answer;
	int code = ctl_ask(maps, state, pid, request, &answer);

	if (code == CTL_OK)
		printf("%.*s\n", KIDOS_CONTROL_TEXT, answer.text);
	return code;
}
