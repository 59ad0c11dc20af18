/* SPDX-License-Identifier: MIT */
#include "state.h"
#include "journal.h"
#include "netlink/cleanup.h"
#include "stop.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MADE "made"
#define TOPOLOGY KN_STATE_TOPOLOGY
#define COMPLETE "complete"
#define LOCK_PAUSE_MS 50

struct line {
	char *step;
	char *was;
};

struct kn_state {
	char name[256];
	int run, dir, lib, made;
	void *index; /* tsearch tree of struct line by step */
	char *topology;
	bool complete;
};

static const char *dir_or(const char *variable, const char *fallback)
{
	const char *value = getenv(variable);

	return value && value[0] == '/' ? value : fallback;
}

const char *kn_state_lib_path(void)
{
	return dir_or("KIDOS_NETNS_LIB", KN_LIB_DIR);
}

static int by_step(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->step, ((const struct line *)b)->step);
}

static void free_line(void *data)
{
	struct line *line = data;

	free(line->step);
	free(line->was);
	free(line);
}

static const struct line *find(const struct kn_state *state, const char *step)
{
	struct line key = { .step = (char *)step };
	void *found = tfind(&key, &state->index, by_step);

	return found ? *(struct line *const *)found : NULL;
}

static int remember(struct kn_state *state, const char *step, const char *was)
{
	struct line *line;

	if (find(state, step))
		return 0;
	line = calloc(1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->step = strdup(step);
	line->was = was ? strdup(was) : NULL;
	if (!line->step || (was && !line->was) || !tsearch(line, &state->index, by_step)) {
		free_line(line);
		return -ENOMEM;
	}
	return 0;
}

/* One line per step, with the value to put back after a tab. A last line without its end is a step
 * that was not begun.
 */
static int read_made(struct kn_state *state, struct kn_err *err)
{
	_cleanup_free_ char *text = NULL;
	char *line, *next, *tab;
	size_t len;
	int code = kn_trust_read_at(state->dir, MADE, &text, &len, err);

	if (code == -ENOENT)
		return 0;
	for (line = text; !code && line && (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		tab = strchr(line, '\t');
		if (tab)
			*tab = '\0';
		code = remember(state, line, tab ? tab + 1 : NULL);
		if (code)
			return kn_fail(err, code, "out of memory");
	}
	return code;
}

static int load(struct kn_state *state, struct kn_err *err)
{
	struct stat st;
	size_t len;
	int code = kn_trust_read_at(state->dir, TOPOLOGY, &state->topology, &len, err);

	if (code && code != -ENOENT)
		return code;
	state->complete = fstatat(state->dir, COMPLETE, &st, AT_SYMLINK_NOFOLLOW) == 0;
	return read_made(state, err);
}

/* One kidos-netns at a time. The lock is polled: a signal that comes just before a blocking flock()
 * would be missed.
 */
static int take_lock(int run, const char *path, struct kn_err *err)
{
	while (flock(run, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return kn_fail(err, -errno, "%s: lock: %s", path, strerror(errno));
		if (!kn_stop_pause(LOCK_PAUSE_MS))
			return kn_fail(err, -EINTR,
				       "stopped by a signal while another kidos-netns ran");
	}
	return 0;
}

static int open_writer(struct kn_state *state, const char *run, const char *dir, struct kn_err *err)
{
	int code;

	state->run = kn_trust_dir(run, 0700, err);
	if (state->run < 0)
		return state->run;
	code = take_lock(state->run, run, err);
	if (code)
		return code;
	state->dir = kn_trust_dir(dir, 0700, err);
	if (state->dir < 0)
		return state->dir;
	state->lib = kn_trust_dir(kn_state_lib_path(), 0700, err);
	return state->lib < 0 ? state->lib : 0;
}

/* Refuses what a writer refuses. A directory that a writer would make may be missing. */
static int open_there(int *fd, const char *path, struct kn_err *err)
{
	int dir = kn_trust_dir(path, 0, err);

	*fd = dir < 0 ? -1 : dir;
	return dir < 0 && dir != -ENOENT ? dir : 0;
}

static int open_reader(struct kn_state *state, const char *run, const char *dir, struct kn_err *err)
{
	int code = open_there(&state->run, run, err);

	if (!code)
		code = open_there(&state->dir, dir, err);
	return code ? code : open_there(&state->lib, kn_state_lib_path(), err);
}

int kn_state_open(struct kn_state **out, const char *topology, bool write, struct kn_err *err)
{
	const char *run = dir_or("KIDOS_NETNS_RUN", KN_RUN_DIR);
	struct kn_state *state = calloc(1, sizeof(*state));
	_cleanup_free_ char *dir = NULL;
	int code;

	if (!state || asprintf(&dir, "%s/%s", run, topology) < 0) {
		free(state);
		return kn_fail(err, -ENOMEM, "out of memory");
	}
	snprintf(state->name, sizeof(state->name), "%s", topology);
	state->run = state->dir = state->lib = state->made = -1;
	code = write ? open_writer(state, run, dir, err) : open_reader(state, run, dir, err);
	if (!code && state->dir >= 0)
		code = load(state, err);
	if (code) {
		kn_state_close(state);
		return code;
	}
	*out = state;
	return 0;
}

void kn_state_close(struct kn_state *state)
{
	if (!state)
		return;
	tdestroy(state->index, free_line);
	free(state->topology);
	kn_close_fd(&state->made);
	kn_close_fd(&state->dir);
	kn_close_fd(&state->lib);
	kn_close_fd(&state->run); /* and with it the lock */
	free(state);
}

int kn_state_dir(const struct kn_state *state)
{
	return state->dir;
}

int kn_state_lib(const struct kn_state *state)
{
	return state->lib;
}

const char *kn_state_topology(const struct kn_state *state)
{
	return state->topology;
}

int kn_state_keep_topology(struct kn_state *state, const char *json, struct kn_err *err)
{
	return kn_trust_write_at(state->dir, TOPOLOGY, json, err);
}

int kn_state_keep_place(struct kn_state *state, const char *place, struct kn_err *err)
{
	return kn_trust_write_at(state->dir, KN_STATE_PLACE, place, err);
}

int kn_state_begin(struct kn_state *state, const char *step, const char *was, struct kn_err *err)
{
	_cleanup_free_ char *line = NULL;
	int len;

	if (find(state, step))
		return 0;
	if (state->made < 0)
		state->made = openat(state->dir, MADE,
				     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->made < 0)
		return kn_fail(err, -errno, "%s: %s", MADE, strerror(errno));
	len = asprintf(&line, "%s%s%s\n", step, was ? "\t" : "", was ? was : "");
	if (len < 0 || remember(state, step, was) < 0)
		return kn_fail(err, -ENOMEM, "out of memory");
	/* One write, so that a kill leaves all of the line or none. */
	if (write(state->made, line, (size_t)len) != len)
		return kn_fail(err, -EIO, "%s: %s", MADE, strerror(errno));
	return 0;
}

bool kn_state_ours(const struct kn_state *state, const char *step)
{
	return find(state, step) != NULL;
}

const char *kn_state_was(const struct kn_state *state, const char *step)
{
	const struct line *line = find(state, step);

	return line ? line->was : NULL;
}

int kn_state_complete(struct kn_state *state, struct kn_err *err)
{
	int code = state->complete ? 0 : kn_trust_write_at(state->dir, COMPLETE, "", err);

	state->complete = !code;
	return code;
}

bool kn_state_is_complete(const struct kn_state *state)
{
	return state->complete;
}

int kn_state_forget(struct kn_state *state, struct kn_err *err)
{
	/* The record of steps and the topology go late: without them down would not know what is
	 * ours.
	 */
	static const char *const files[] = {
		COMPLETE,
		"." MADE ".new",
		"." TOPOLOGY ".new",
		"." COMPLETE ".new",
		"." KN_STATE_PLACE ".new",
		"." KN_STATE_UPLINK KN_JOURNAL_SUFFIX ".new",
		KN_STATE_UPLINK KN_JOURNAL_SUFFIX,
		MADE,
		TOPOLOGY,
		KN_STATE_PLACE,
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlinkat(state->dir, files[i], 0) < 0 && errno != ENOENT)
			return kn_fail(err, -errno, "%s: %s", files[i], strerror(errno));
	if (unlinkat(state->run, state->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return kn_fail(err, -errno, "%s: %s", state->name, strerror(errno));
	return 0;
}

DIR *kn_state_list(void)
{
	return opendir(dir_or("KIDOS_NETNS_RUN", KN_RUN_DIR));
}

DIR *kn_state_list_lib(void)
{
	return opendir(kn_state_lib_path());
}
