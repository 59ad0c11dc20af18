/* SPDX-License-Identifier: MIT */
#include "state/directory.h"
#include "core/log.h"
#include "netlink/cleanup.h"

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

static int give_to_group(int directory, const char *name, mode_t mode)
{
	struct group *group = getgrnam(GROUP);

	if (group && fchownat(directory, name, (uid_t)-1, group->gr_gid, 0))
		return -errno;
	return fchmodat(directory, name, mode, 0) ? -errno : 0;
}

static int make_directory(const char *path, char reason[KIDOS_REASON])
{
	struct statfs fs;
	char parent[PATH_MAX];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	*(slash == parent ? slash + 1 : slash) = '\0';
	if (statfs(parent, &fs)) {
		snprintf(reason, KIDOS_REASON, "%s: %s", parent, strerror(errno));
		return -errno;
	}
	if ((unsigned long)fs.f_type != BPF_FS_MAGIC) {
		snprintf(reason, KIDOS_REASON,
			 "%s is not on a bpf file system (mount -t bpf bpf %s)", path, parent);
		return -ENOTSUP;
	}
	if (mkdir(path, 0750) && errno != EEXIST) {
		snprintf(reason, KIDOS_REASON, "cannot make %s: %s", path, strerror(errno));
		return -errno;
	}
	return 0;
}

/* The owner's pid is in its meta map; 0 if it has not got that far. */
static unsigned int owner_of(const char *path)
{
	struct kidos_maps maps;
	unsigned int pid;

	if (kidos_maps_open(&maps, path, KIDOS_MAP_WRITE))
		return 0;
	pid = maps.meta.pid;
	kidos_maps_close(&maps);
	return pid;
}

static int lock_directory(struct kidos_state *state, char reason[KIDOS_REASON])
{
	struct stat ours, now;

	state->lock = open(state->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->lock < 0) {
		snprintf(reason, KIDOS_REASON, "cannot open %s: %s", state->path, strerror(errno));
		return -errno;
	}
	if (flock(state->lock, LOCK_EX | LOCK_NB)) {
		snprintf(reason, KIDOS_REASON, "%s is in use by process %u", state->path,
			 owner_of(state->path));
		return -EBUSY;
	}
	/* A former owner may have removed the directory between open and lock. */
	if (fstat(state->lock, &ours) || stat(state->path, &now) || ours.st_ino != now.st_ino) {
		snprintf(reason, KIDOS_REASON, "%s was removed under way", state->path);
		return -EAGAIN;
	}
	return 0;
}

static int acquire_once(struct kidos_state *state, char reason[KIDOS_REASON])
{
	int error = make_directory(state->path, reason);

	if (!error)
		error = lock_directory(state, reason);
	if (error && state->lock >= 0) {
		close(state->lock);
		state->lock = -1;
	}
	return error;
}

int kidos_state_acquire(struct kidos_state *state, const char *path, char reason[KIDOS_REASON])
{
	int error = -EAGAIN;

	*state = (struct kidos_state)KIDOS_STATE_NONE;
	snprintf(state->path, sizeof(state->path), "%s", path);
	for (int attempt = 0; error == -EAGAIN && attempt < 3; attempt++)
		error = acquire_once(state, reason);
	if (!error && give_to_group(AT_FDCWD, state->path, 0750))
		kidos_log(LOG_WARNING, "%s: owner and mode: %s", state->path, strerror(errno));
	return error;
}

static DIR *open_again(const struct kidos_state *state)
{
	int fd = openat(state->lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

int kidos_state_clear(const struct kidos_state *state)
{
	_cleanup_dir_ DIR *directory = open_again(state);
	struct dirent *entry;
	int removed = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		if (*entry->d_name != '.' && (!unlinkat(state->lock, entry->d_name, 0) ||
					      !unlinkat(state->lock, entry->d_name, AT_REMOVEDIR)))
			removed++;
	return removed;
}

void kidos_state_release(struct kidos_state *state)
{
	if (state->lock < 0)
		return;
	kidos_state_clear(state);
	if (rmdir(state->path))
		kidos_log(LOG_WARNING, "cannot remove %s: %s", state->path, strerror(errno));
	close(state->lock);
	state->lock = -1;
}

int kidos_state_pin(const struct kidos_state *state, int fd, const char *name)
{
	char pin[PATH_MAX + 32];

	snprintf(pin, sizeof(pin), "%s/%s", state->path, name);
	return bpf_obj_pin(fd, pin) ? -errno : 0;
}

static int pin_map(const struct kidos_state *state, int fd, const char *name)
{
	int error = kidos_state_pin(state, fd, name);

	return error ? error : give_to_group(state->lock, name, 0640);
}

int kidos_state_pin_set(const struct kidos_state *state, const struct kidos_map_set *set,
			const int *fd)
{
	int error = 0;

	for (size_t i = 0; !error && i < set->count; i++)
		if (fd[i] >= 0)
			error = pin_map(state, fd[i], set->rows[i].name);
	return error;
}

int kidos_state_get(const struct kidos_state *state, const char *name)
{
	char pin[PATH_MAX + 32];
	int fd;

	snprintf(pin, sizeof(pin), "%s/%s", state->path, name);
	fd = bpf_obj_get(pin);
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

void kidos_state_each(const struct kidos_state *state, const char *prefix,
		      void (*each)(const struct kidos_state *state, const char *name))
{
	_cleanup_dir_ DIR *directory = open_again(state);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			each(state, entry->d_name);
}

int kidos_state_make_lock(const struct kidos_state *state, const char *name)
{
	return mkdirat(state->lock, name, 0700) ? -errno : 0;
}
