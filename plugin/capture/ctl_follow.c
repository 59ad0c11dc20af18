/* SPDX-License-Identifier: MIT */
/*
 * ctl_follow.c: what the daemon writes for a capture, copied as it grows, from one file to the
 * next: sections of pcapng may stand one behind the other. The daemon's files are removed behind
 * it.
 */
#include "capture/ctl.h"
#include "ctl/request.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_US 30000
#define BLOCK (256u * 1024u)

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

struct follow {
	const struct ctl_state *state;
	uint64_t number;
	int out;
	int maps[KIDOS_CAPTURE_MAPS];
	int folder, file;
	char name[KIDOS_FOLDER_NAME]; /* of the file */
	unsigned int part;
	struct kidos_capture_row row;
	bool stopping; /* the daemon was asked to */
	char *block;
};

static int write_all(struct follow *follow, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t wrote = write(follow->out, follow->block + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return -errno;
		done += (size_t)wrote;
	}
	return 0;
}

/* What there is of the file by now. 0 or -errno. */
static int copy(struct follow *follow)
{
	ssize_t size = 1;
	int error = 0;

	while (!error && size > 0) {
		size = read(follow->file, follow->block, BLOCK);
		if (size > 0)
			error = write_all(follow, (size_t)size);
	}
	return size < 0 ? -errno : error;
}

static bool read_row(struct follow *follow)
{
	return !kidos_map_read(follow->maps[KIDOS_CAPTURE_MAP_ROWS],
			       (unsigned int)(follow->number % KIDOS_CAPTURE_ROWS), &follow->row) &&
	       follow->row.number == follow->number;
}

static void ask_to_stop(struct follow *follow)
{
	struct kidos_request request = { .verb = KIDOS_REQUEST_CAPTURE_STOP,
					 .argument = (__u32)follow->number };
	struct kidos_answer answer;

	if (!follow->stopping && read_row(follow) && follow->row.stage == KIDOS_CAPTURE_RUNNING)
		ctl_capture_ask(follow->state, &request, &answer);
	follow->stopping = true;
}

/* The capture's next file; its name has a later time than this one's. */
static bool find_next(const struct follow *follow, char name[KIDOS_FOLDER_NAME])
{
	int copy = openat(follow->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	char pattern[KIDOS_FOLDER_NAME];
	struct dirent *entry;

	if (!dir) {
		kn_close_fd(&copy);
		return false;
	}
	snprintf(pattern, sizeof(pattern), "kidos-*Z-%" PRIu64 "-%u.pcapng", follow->number,
		 follow->part + 1);
	while ((entry = readdir(dir))) {
		if (fnmatch(pattern, entry->d_name, 0) ||
		    strncmp(entry->d_name, follow->name, strlen("kidos-20260102T030405Z")) < 0)
			continue;
		snprintf(name, KIDOS_FOLDER_NAME, "%.63s", entry->d_name);
		return true;
	}
	return false;
}

static int open_part(struct follow *follow, const char *name)
{
	if (follow->file >= 0) {
		close(follow->file);
		unlinkat(follow->folder, follow->name, 0);
	}
	follow->file = openat(follow->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (follow->file < 0) {
		ctl_complain("%s: %s", name, strerror(errno));
		return -errno;
	}
	snprintf(follow->name, sizeof(follow->name), "%s", name);
	follow->part++;
	return 0;
}

/* One look. 1: go on; 0: all is copied; -errno. */
static int step(struct follow *follow)
{
	bool known = read_row(follow);
	bool done = !known || follow->row.stage == KIDOS_CAPTURE_DONE;
	char next[KIDOS_FOLDER_NAME];
	bool more = find_next(follow, next);
	int error;

	/* Before the copy, so that what was written by then is in it. */
	error = copy(follow);
	if (error)
		return error;
	if (more)
		return open_part(follow, next) ?: 1;
	if (done)
		return 0;
	if (!ctl_process_exists(follow->state->maps.meta.pid)) {
		ctl_complain("collectd is gone: the capture has no end");
		return -ESRCH;
	}
	if (interrupted)
		ask_to_stop(follow);
	usleep(PAUSE_US);
	return 1;
}

static int follow_to_end(struct follow *follow)
{
	int going = 1;

	while (going > 0)
		going = step(follow);
	if (going < 0)
		ask_to_stop(follow);
	unlinkat(follow->folder, follow->name, 0);
	return going;
}

static void report(const struct follow *follow)
{
	const struct kidos_capture_row *row = &follow->row;

	fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " lost\n",
		(uint64_t)row->fates[KIDOS_FATE_WRITTEN],
		(uint64_t)(row->fates[KIDOS_FATE_RING] + row->fates[KIDOS_FATE_CHUNKS] +
			   row->fates[KIDOS_FATE_DISK] + row->unseen));
}

static int open_all(struct follow *follow, const char *first)
{
	struct kidos_capture_state state;
	int code = ctl_capture_open(follow->state, follow->maps);

	if (code)
		return code;
	if (follow->maps[KIDOS_CAPTURE_MAP_STATE] < 0 ||
	    kidos_map_read(follow->maps[KIDOS_CAPTURE_MAP_STATE], 0, &state))
		return CTL_FAILURE;
	state.directory[sizeof(state.directory) - 1] = '\0';
	follow->block = malloc(BLOCK);
	follow->folder = open(state.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (follow->folder < 0 || !follow->block) {
		ctl_complain("%s: %s", state.directory, strerror(errno));
		return CTL_FAILURE;
	}
	return open_part(follow, first) ? CTL_FAILURE : CTL_OK;
}

int ctl_follow(const struct ctl_state *state, uint64_t number, const char *first, int out)
{
	const struct sigaction action = { .sa_handler = interrupt };
	struct follow follow = { .state = state,
				 .number = number,
				 .out = out,
				 .maps = KIDOS_NO_MAPS(KIDOS_CAPTURE_MAPS),
				 .folder = -1,
				 .file = -1 };
	int code, error = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	code = open_all(&follow, first);
	if (code == CTL_OK)
		error = follow_to_end(&follow);
	else
		ask_to_stop(&follow);
	/* Who reads no more has what he wanted. */
	if (error && error != -EPIPE && error != -ESRCH)
		ctl_complain("copy: %s", strerror(-error));
	if (code == CTL_OK && !error)
		report(&follow);
	kn_close_fd(&follow.file);
	kn_close_fd(&follow.folder);
	kidos_map_set_close(&kidos_capture_map_set, follow.maps);
	free(follow.block);
	return error && error != -EPIPE ? CTL_FAILURE : code;
}
