/* SPDX-License-Identifier: MIT */
#include "state/directory.h"
#include "core/log.h"
#include "netlink/cleanup.h"
#include "state/trust.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define GROUP "kidos"
#define MARK "kidos" /* a note: all that is in the directory is kidos's */
#define PIN_SIZE (NAME_MAX + 64)

static const char *name_of(const struct kidos_state *state)
{
	return strrchr(state->path, '/') + 1;
}

/* By descriptor: a name may be another file's by now. A user who is not in the group cannot give to
 * it. */
static int give_to_group(int fd, mode_t mode)
{
	struct group *group = getgrnam(GROUP);
	char path[32];

	if (group && fchownat(fd, "", (uid_t)-1, group->gr_gid, AT_EMPTY_PATH) && errno != EPERM)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* fchmod takes no O_PATH */
	return chmod(path, mode) ? -errno : 0;
}

static void describe_not_bpffs(const char *path, const char *parent, char reason[KIDOS_REASON])
{
	struct statfs fs;

	if (!statfs(path, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC)
		snprintf(reason, KIDOS_REASON,
			 "%.100s is where a bpf file system is mounted: name a directory in it",
			 path);
	else
		snprintf(reason, KIDOS_REASON,
			 "%.100s is not on a bpf file system (mount -t bpf bpf %.100s)", path,
			 parent);
}

/* What the state directory lies in: on bpffs, and nobody else may rename there. */
static int open_parent(const struct kidos_state *state, char reason[KIDOS_REASON])
{
	_cleanup_fd_ int fd = -1;
	struct statfs fs;
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "%.*s", (int)(name_of(state) - state->path), state->path);
	if (strlen(path) > 1)
		path[strlen(path) - 1] = '\0';
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs)) {
		snprintf(reason, KIDOS_REASON, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if ((unsigned long)fs.f_type != BPF_FS_MAGIC) {
		describe_not_bpffs(state->path, path, reason);
		return -ENOTSUP;
	}
	error = kidos_trust_parent(fd, path, reason);
	return error ? error : KN_TAKE_FD(fd);
}

/* Ours before anything is pinned: pins are made by path. */
static int open_directory(const struct kidos_state *state, int parent, char reason[KIDOS_REASON])
{
	_cleanup_fd_ int fd = -1;
	int error;

	if (mkdirat(parent, name_of(state), 0750) && errno != EEXIST) {
		snprintf(reason, KIDOS_REASON, "cannot make %s: %s", state->path, strerror(errno));
		return -errno;
	}
	fd = openat(parent, name_of(state), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		snprintf(reason, KIDOS_REASON, "cannot open %s: %s", state->path, strerror(errno));
		return -errno;
	}
	error = kidos_trust_directory(fd, state->path, reason);
	return error ? error : KN_TAKE_FD(fd);
}

static DIR *open_again(const struct kidos_state *state)
{
	int fd = openat(state->lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

/* All that is in it will be removed, so it has the mark, or nothing. */
static int check_content(const struct kidos_state *state, char reason[KIDOS_REASON])
{
	_cleanup_dir_ DIR *directory = open_again(state);
	struct dirent *entry;

	if (!directory || kidos_state_is_marked(state->path))
		return directory ? 0 : -errno;
	while ((entry = readdir(directory)))
		if (*entry->d_name != '.') {
			snprintf(reason, KIDOS_REASON,
				 "%.100s has what is not kidos's (%.60s): name another directory",
				 state->path, entry->d_name);
			return -ENOTEMPTY;
		}
	return 0;
}

static int lock_directory(const struct kidos_state *state, int parent, int fd,
			  char reason[KIDOS_REASON])
{
	struct stat ours, now;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return kidos_trust_holder(fd, state->path, reason);
	/* A former owner may have removed the directory between open and lock. */
	if (fstat(fd, &ours) || fstatat(parent, name_of(state), &now, AT_SYMLINK_NOFOLLOW) ||
	    ours.st_ino != now.st_ino) {
		snprintf(reason, KIDOS_REASON, "%s was removed under way", state->path);
		return -EAGAIN;
	}
	return 0;
}

static int acquire_once(struct kidos_state *state, char reason[KIDOS_REASON])
{
	_cleanup_fd_ int parent = open_parent(state, reason);
	_cleanup_fd_ int fd = parent < 0 ? parent : open_directory(state, parent, reason);
	int error = fd < 0 ? fd : lock_directory(state, parent, fd, reason);

	if (error)
		return error;
	state->lock = KN_TAKE_FD(fd);
	error = check_content(state, reason);
	if (error) {
		close(state->lock);
		state->lock = -1;
	}
	return error;
}

/* Without slashes at its end, and with one before its name. */
static void set_path(struct kidos_state *state, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	*state = (struct kidos_state)KIDOS_STATE_NONE;
	snprintf(state->path, sizeof(state->path), "%s%.*s", memchr(path, '/', length) ? "" : "./",
		 (int)length, path);
}

/* Its owner may be about to end. */
static int acquire_soon(struct kidos_state *state, char reason[KIDOS_REASON])
{
	int error = acquire_once(state, reason);

	for (int attempt = 0; error == -EAGAIN && attempt < 20; attempt++) {
		usleep(50000);
		error = acquire_once(state, reason);
	}
	return error == -EAGAIN ? -EBUSY : error;
}

int kidos_state_acquire(struct kidos_state *state, const char *path, char reason[KIDOS_REASON])
{
	int error;

	set_path(state, path);
	error = acquire_soon(state, reason);
	if (error)
		return error;
	if (!kidos_state_is_marked(state->path))
		kidos_state_note(state, MARK, MARK);
	if (give_to_group(state->lock, 0750))
		kidos_log(LOG_WARNING, "%s: owner and mode: %s", state->path, strerror(errno));
	return 0;
}

bool kidos_state_is_marked(const char *path)
{
	char mark[PATH_MAX + sizeof(MARK) + 1], text[sizeof(MARK)];

	snprintf(mark, sizeof(mark), "%s/%s", path, MARK);
	return readlink(mark, text, sizeof(text)) == sizeof(MARK) - 1 &&
	       !memcmp(text, MARK, sizeof(MARK) - 1);
}

bool kidos_state_is_lost(const struct kidos_state *state)
{
	struct stat ours, now;

	if (fstat(state->lock, &ours))
		return false;
	if (stat(state->path, &now))
		return errno == ENOENT;
	return ours.st_ino != now.st_ino || ours.st_dev != now.st_dev;
}

int kidos_state_try(const char *path, char reason[KIDOS_REASON])
{
	struct kidos_state state;
	int error;

	set_path(&state, path);
	error = acquire_soon(&state, reason);
	if (error)
		return error;
	rmdir(state.path); /* only if it is empty */
	close(state.lock);
	return 0;
}

int kidos_state_clear(const struct kidos_state *state, bool keep)
{
	_cleanup_dir_ DIR *directory = open_again(state);
	struct dirent *entry;
	int removed = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		if (*entry->d_name != '.' && strcmp(entry->d_name, MARK) &&
		    !(keep && !strncmp(entry->d_name, KIDOS_FORMER, strlen(KIDOS_FORMER))) &&
		    (!unlinkat(state->lock, entry->d_name, 0) ||
		     !unlinkat(state->lock, entry->d_name, AT_REMOVEDIR)))
			removed++;
	return removed;
}

void kidos_state_release(struct kidos_state *state)
{
	if (state->lock < 0)
		return;
	kidos_state_clear(state, false);
	kidos_state_remove(state, MARK);
	if (rmdir(state->path) && errno != ENOENT)
		kidos_log(LOG_WARNING, "cannot remove %s: %s", state->path, strerror(errno));
	close(state->lock);
	state->lock = -1;
}

/* Where the directory is now, whatever became of the path to it. */
static const char *pin_of(const struct kidos_state *state, const char *name, char pin[PIN_SIZE])
{
	snprintf(pin, PIN_SIZE, "/proc/self/fd/%d/%s", state->lock, name);
	return pin;
}

int kidos_state_pin(const struct kidos_state *state, int fd, const char *name)
{
	char pin[PIN_SIZE];

	return bpf_obj_pin(fd, pin_of(state, name, pin)) ? -errno : 0;
}

static int give_pin(int directory, const char *name)
{
	_cleanup_fd_ int pin = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat stat;

	if (pin < 0 || fstat(pin, &stat))
		return -errno;
	return S_ISREG(stat.st_mode) ? give_to_group(pin, 0640) : -EPERM;
}

int kidos_state_pin_shared(const struct kidos_state *state, int fd, const char *name)
{
	int error = kidos_state_pin(state, fd, name);

	return error ? error : give_pin(state->lock, name);
}

int kidos_state_pin_set(const struct kidos_state *state, const struct kidos_map_set *set,
			const int *fd)
{
	int error = 0;

	for (size_t i = 0; !error && i < set->count; i++)
		if (fd[i] >= 0)
			error = kidos_state_pin_shared(state, fd[i], set->rows[i].name);
	return error;
}

int kidos_state_get(const struct kidos_state *state, const char *name)
{
	char pin[PIN_SIZE];
	int fd = bpf_obj_get(pin_of(state, name, pin));

	return fd < 0 ? -errno : fd;
}

int kidos_state_note(const struct kidos_state *state, const char *name, const char *text)
{
	return symlinkat(text, state->lock, name) ? -errno : 0;
}

int kidos_state_read_note(const struct kidos_state *state, const char *name, char *text,
			  size_t size)
{
	ssize_t length = readlinkat(state->lock, name, text, size);

	if (length < 0)
		return -errno;
	if ((size_t)length >= size)
		return -ENAMETOOLONG;
	text[length] = '\0';
	return 0;
}

void kidos_state_remove(const struct kidos_state *state, const char *name)
{
	unlinkat(state->lock, name, 0);
}

int kidos_state_rename(const struct kidos_state *state, const char *name, const char *to)
{
	return renameat(state->lock, name, state->lock, to) ? -errno : 0;
}

void kidos_state_each(const struct kidos_state *state, const char *prefix, kidos_state_visit each,
		      void *context)
{
	_cleanup_dir_ DIR *directory = open_again(state);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			each(state, entry->d_name, context);
}

int kidos_state_make_lock(const struct kidos_state *state, const char *name)
{
	return mkdirat(state->lock, name, 0700) ? -errno : 0;
}
