/* SPDX-License-Identifier: MIT */
#include "trust.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (1U << 20)

static int trusted(const struct stat *st, const char *what, struct kn_err *err)
{
	if (st->st_uid != geteuid())
		return kn_fail(err, -EPERM, "%s: belongs to uid %u, not to uid %u", what,
			       st->st_uid, geteuid());
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return kn_fail(err, -EPERM, "%s: writable by others (mode %04o)", what,
			       st->st_mode & 07777);
	return 0;
}

/* Doubled, and always with room for the NUL. */
static bool make_room(char **buf, size_t *size, size_t used)
{
	char *more;

	if (used + 1 < *size)
		return true;
	more = realloc(*buf, *size ? *size * 2 : 65536);
	if (!more)
		return false;
	*size = *size ? *size * 2 : 65536;
	*buf = more;
	return true;
}

static int read_fd(int fd, const char *what, size_t max, char **text, size_t *len,
		   struct kn_err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t used = 0, size = 0;
	ssize_t got;

	do {
		if (!make_room(&buf, &size, used))
			return kn_fail(err, -ENOMEM, "out of memory");
		got = read(fd, buf + used, size - 1 - used);
		if (got < 0)
			return kn_fail(err, -errno, "%s: %s", what, strerror(errno));
		used += (size_t)got;
		if (used > max)
			return kn_fail(err, -EFBIG, "%s: larger than 1 MiB", what);
	} while (got);
	buf[used] = '\0';
	*text = buf;
	buf = NULL;
	*len = used;
	return 0;
}

static int open_regular(int dir, const char *name, const char *what, struct stat *st,
			struct kn_err *err)
{
	/* O_NONBLOCK: a planted FIFO must not hang us. */
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int code = -errno;

	if (fd < 0 && code == -ELOOP)
		return kn_fail(err, code, "%s: a symbolic link", what);
	if (fd < 0)
		return kn_fail(err, code, "%s: %s", what, strerror(-code));
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return kn_fail(err, -EINVAL, "%s: not a regular file", what);
	}
	return fd;
}

int kn_trust_read(const char *path, char **text, size_t *len, struct kn_err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int code;

	fd = open_regular(AT_FDCWD, path, path, &st, err);
	if (fd < 0)
		return fd;
	code = geteuid() == 0 ? trusted(&st, path, err) : 0;
	return code ? code : read_fd(fd, path, MAX_FILE, text, len, err);
}

static int make_dir(const char *path, unsigned int mode)
{
	char parent[PATH_MAX];
	char *slash;

	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || strlen(path) >= sizeof(parent))
		return -errno;
	strcpy(parent, path);
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return -ENOENT;
	*slash = '\0';
	if (make_dir(parent, 0755) < 0 || (mkdir(path, mode) < 0 && errno != EEXIST))
		return -errno;
	return 0;
}

int kn_trust_dir(const char *path, unsigned int mode, struct kn_err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int code = mode ? make_dir(path, mode) : 0;

	if (code)
		return kn_fail(err, code, "%s: %s", path, strerror(-code));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return kn_fail(err, -errno, "%s: %s", path,
			       errno == ENOTDIR || errno == ELOOP ? "not a directory"
								  : strerror(errno));
	code = trusted(&st, path, err);
	return code ? code : KN_TAKE_FD(fd);
}

int kn_trust_read_at(int dir, const char *name, char **text, size_t *len, struct kn_err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int code;

	fd = open_regular(dir, name, name, &st, err);
	if (fd < 0)
		return fd;
	code = trusted(&st, name, err);
	/* What we wrote ourselves must be readable, however long it is. */
	return code ? code : read_fd(fd, name, SIZE_MAX, text, len, err);
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t done;

	for (; left; text += done, left -= (size_t)done) {
		done = write(fd, text, left);
		if (done < 0)
			return -errno;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int kn_trust_write_at(int dir, const char *name, const char *text, struct kn_err *err)
{
	_cleanup_fd_ int fd = -1;
	char temp[NAME_MAX + 1];
	int code;

	if (snprintf(temp, sizeof(temp), ".%s.new", name) >= (int)sizeof(temp))
		return kn_fail(err, -ENAMETOOLONG, "%s: name too long", name);
	unlinkat(dir, temp, 0); /* of a run that was killed, or planted */
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	code = fd < 0 ? -errno : write_all(fd, text);
	if (!code && (renameat(dir, temp, dir, name) < 0 || fsync(dir) < 0))
		code = -errno;
	if (code) {
		unlinkat(dir, temp, 0);
		return kn_fail(err, code, "%s: %s", name, strerror(-code));
	}
	return 0;
}
