/* SPDX-License-Identifier: MIT */
#include "eventlog/file.h"
#include "core/log.h"
#include "eventlog/format.h"
#include "netlink/cleanup.h"
#include "state/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TAIL (64u * 1024u) /* bytes at the end in which the last whole row is looked for */
#define JSON_END "\n]\n"
#define JSON_END_LENGTH 3

static const char *name_of(const struct kidos_log_file *file)
{
	return strrchr(file->settings->file, '/') + 1;
}

static int fail(struct kidos_log_file *file, int error, const char *what)
{
	snprintf(file->reason, sizeof(file->reason), "%.150s: %s%s%s", file->settings->file, what,
		 *what ? ": " : "", strerror(-error));
	return error;
}

void kidos_log_file_init(struct kidos_log_file *file, const struct kidos_log_settings *settings)
{
	*file = (struct kidos_log_file){ .settings = settings, .directory = -1, .fd = -1 };
}

static void close_file(struct kidos_log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void kidos_log_file_close(struct kidos_log_file *file)
{
	close_file(file);
	if (file->directory >= 0)
		close(file->directory);
	file->directory = -1;
}

/* --- the folder --- */

/* The last part of the path is made where it is missing. */
static int open_directory(struct kidos_log_file *file)
{
	_cleanup_free_ char *path =
		strndup(file->settings->file, (size_t)(name_of(file) - file->settings->file));
	int error;

	if (!path)
		return -ENOMEM;
	if (file->directory >= 0)
		close(file->directory);
	if (mkdir(path, 0750) && errno != EEXIST && errno != EROFS)
		return fail(file, -errno, "its folder");
	file->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->directory < 0)
		return fail(file, -errno, "its folder");
	error = kidos_trust_parent(file->directory, path, file->reason);
	if (error) {
		close(file->directory);
		file->directory = -1;
	}
	return error;
}

/* --- a file that was there before --- */

/* Only its owner, who is us, may have written it; as one name of one plain file. */
static int check_file(struct kidos_log_file *file)
{
	struct stat stat;

	if (fstat(file->fd, &stat))
		return fail(file, -errno, "");
	if (!S_ISREG(stat.st_mode) || stat.st_nlink > 1)
		return fail(file, -EPERM, "not a plain file with one name");
	if (stat.st_uid != geteuid() || stat.st_mode & (S_IWGRP | S_IWOTH))
		return fail(file, -EPERM, "others may write it, or own it");
	file->device = stat.st_dev;
	file->inode = stat.st_ino;
	return 0;
}

/* May read it: its group, where that is adm and we are a member. */
static void give_to_adm(int fd)
{
	gid_t groups[256];
	int count = getgroups(256, groups);
	struct group entry, *adm = NULL;
	char buffer[4096];

	if (getgrnam_r("adm", &entry, buffer, sizeof(buffer), &adm) || !adm)
		return;
	for (int i = 0; i < count; i++)
		if (groups[i] == adm->gr_gid && fchown(fd, (uid_t)-1, adm->gr_gid))
			kidos_log(LOG_WARNING, "event log: group adm: %s", strerror(errno));
}

static int open_name(struct kidos_log_file *file)
{
	int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

	/* A file without O_APPEND and logrotate's copytruncate would leave a hole in JSON, too, if
	 * its end were not asked for before each write. */
	if (file->settings->format != KIDOS_LOG_JSON)
		flags |= O_APPEND;
	file->fd = openat(file->directory, name_of(file), flags | O_CREAT | O_EXCL, 0640);
	if (file->fd >= 0) {
		give_to_adm(file->fd);
		return fchmod(file->fd, 0640) ? fail(file, -errno, "") : 0;
	}
	if (errno == EEXIST)
		file->fd = openat(file->directory, name_of(file), flags);
	return file->fd < 0 ? fail(file, -errno, "") : 0;
}

static off_t size_of(const struct kidos_log_file *file)
{
	struct stat stat;

	return fstat(file->fd, &stat) ? -1 : stat.st_size;
}

/* The end of the file, up to TAIL bytes; *from is where in the file they begin. */
static ssize_t read_tail(const struct kidos_log_file *file, char tail[TAIL], off_t *from)
{
	off_t size = size_of(file);

	*from = size > TAIL ? size - TAIL : 0;
	return pread(file->fd, tail, (size_t)(size - *from), *from);
}

/* What a killed process left of a row is cut off: the rows before it are whole. */
static int cut_lines(struct kidos_log_file *file)
{
	_cleanup_free_ char *tail = malloc(TAIL);
	const char *end;
	off_t from;
	ssize_t length = tail ? read_tail(file, tail, &from) : -1;

	if (length <= 0 || tail[length - 1] == '\n')
		return length < 0 ? fail(file, -errno, "reading its end") : 0;
	end = memrchr(tail, '\n', (size_t)length);
	return ftruncate(file->fd, end ? from + (end + 1 - tail) : from)
		       ? fail(file, -errno, "cutting a broken row")
		       : 0;
}

/* The array's end is written anew behind the last object that is whole. */
static int cut_json(struct kidos_log_file *file)
{
	_cleanup_free_ char *tail = malloc(TAIL);
	const char *end;
	off_t from;
	ssize_t length = tail ? read_tail(file, tail, &from) : -1;

	if (length < 0)
		return fail(file, -errno, "reading its end");
	if (length >= JSON_END_LENGTH &&
	    !memcmp(tail + length - JSON_END_LENGTH, JSON_END, JSON_END_LENGTH))
		return 0;
	for (end = tail + length - 1; end > tail; end--)
		if (end[-1] == '}' && (*end == '\n' || *end == ','))
			break;
	if (end <= tail)
		return length ? ftruncate(file->fd, 0) : 0;
	from += end - tail;
	if (ftruncate(file->fd, from) ||
	    pwrite(file->fd, JSON_END, JSON_END_LENGTH, from) != JSON_END_LENGTH)
		return fail(file, -errno, "cutting a broken row");
	return 0;
}

/* Does it begin as a file of this format does? */
static bool is_of_format(const struct kidos_log_file *file)
{
	char header[1024], begin[1024];
	struct kidos_log_text text = { header, header, header + sizeof(header), false };
	ssize_t length = pread(file->fd, begin, sizeof(begin), 0);
	size_t wanted;

	kidos_log_header(&text, file->settings->format);
	wanted = (size_t)(text.at - header);
	if (length <= 0)
		return true;
	switch (file->settings->format) {
	case KIDOS_LOG_JSON:
		return *begin == '[';
	case KIDOS_LOG_JSONL:
		return *begin == '{';
	case KIDOS_LOG_CSV:
		return (size_t)length >= wanted && !memcmp(header, begin, wanted);
	default:
		return *begin >= '0' && *begin <= '9';
	}
}

/* --- rotation --- */

static void numbered(const struct kidos_log_file *file, unsigned int number,
		     char name[NAME_MAX + 1])
{
	if (number)
		snprintf(name, NAME_MAX + 1, "%s.%u", name_of(file), number);
	else
		snprintf(name, NAME_MAX + 1, "%s", name_of(file));
}

void kidos_log_file_expire(const struct kidos_log_file *file)
{
	const struct kidos_log_settings *settings = file->settings;
	time_t before = time(NULL) - (time_t)(settings->keep_days * 86400);
	char name[NAME_MAX + 1];
	struct stat stat;

	for (unsigned int i = 1; file->directory >= 0 && i <= 1000; i++) {
		numbered(file, i, name);
		if (fstatat(file->directory, name, &stat, AT_SYMLINK_NOFOLLOW)) {
			if (i >= settings->max_files)
				break;
			continue;
		}
		if (i >= settings->max_files || (settings->keep_days && stat.st_mtime < before))
			unlinkat(file->directory, name, 0);
	}
}

/* FILE becomes FILE.1, that FILE.2; the last one goes. */
static int rotate(struct kidos_log_file *file)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];

	close_file(file);
	for (unsigned int i = (unsigned int)file->settings->max_files - 1; i; i--) {
		numbered(file, i - 1, from);
		numbered(file, i, to);
		if (renameat(file->directory, from, file->directory, to) && errno != ENOENT)
			return fail(file, -errno, "rotating");
	}
	if (file->settings->max_files == 1 && unlinkat(file->directory, name_of(file), 0) &&
	    errno != ENOENT)
		return fail(file, -errno, "rotating");
	kidos_log_file_expire(file);
	return 0;
}

/* --- opening --- */

static int open_checked(struct kidos_log_file *file)
{
	int error = open_name(file);

	if (!error)
		error = check_file(file);
	if (!error && flock(file->fd, LOCK_EX | LOCK_NB))
		error = fail(file, -errno, "written by another process");
	if (error)
		close_file(file);
	return error;
}

static int open_anew(struct kidos_log_file *file)
{
	int error = open_directory(file);

	if (!error)
		error = open_checked(file);
	if (!error && !is_of_format(file)) {
		error = rotate(file);
		if (!error)
			error = open_checked(file);
	}
	if (!error)
		error = file->settings->format == KIDOS_LOG_JSON ? cut_json(file) : cut_lines(file);
	if (error)
		close_file(file);
	return error;
}

static bool is_the_same(const struct kidos_log_file *file)
{
	struct stat stat;

	return !fstatat(file->directory, name_of(file), &stat, AT_SYMLINK_NOFOLLOW) &&
	       stat.st_dev == file->device && stat.st_ino == file->inode;
}

int kidos_log_file_open(struct kidos_log_file *file)
{
	if (file->fd >= 0 && is_the_same(file))
		return 0;
	close_file(file);
	return open_anew(file);
}

/* --- writing --- */

static int write_at(struct kidos_log_file *file, const char *from, size_t length, off_t offset,
		    size_t *written)
{
	bool json = file->settings->format == KIDOS_LOG_JSON;
	ssize_t got;

	*written = 0;
	while (*written < length) {
		got = json ? pwrite(file->fd, from + *written, length - *written,
				    offset + (off_t)*written)
			   : write(file->fd, from + *written, length - *written);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		*written += (size_t)got;
	}
	return 0;
}

/* Of a row that was written in part the part is taken back, so that the next one begins a line. */
static void take_back(const struct kidos_log_file *file, const char *rows, off_t size,
		      size_t *written)
{
	const char *end = memrchr(rows, '\n', *written);
	size_t whole = end ? (size_t)(end + 1 - rows) : 0;

	/* Unless somebody truncated the file meanwhile. */
	if (size_of(file) == size + (off_t)*written && ftruncate(file->fd, size + (off_t)whole))
		kidos_log(LOG_WARNING, "event log: a row is broken: %s", strerror(errno));
	*written = whole;
}

static int write_lines(struct kidos_log_file *file, const char *rows, size_t length,
		       size_t *written)
{
	char header[1024];
	struct kidos_log_text text = { header, header, header + sizeof(header), false };
	off_t size = size_of(file);
	int error = 0;

	if (!size)
		kidos_log_header(&text, file->settings->format);
	if (text.at != header)
		error = write_at(file, header, (size_t)(text.at - header), 0, written);
	if (error && ftruncate(file->fd, 0))
		kidos_log(LOG_WARNING, "event log: half a header: %s", strerror(errno));
	*written = 0;
	if (error)
		return fail(file, error, "");
	size += text.at - header;
	error = write_at(file, rows, length, size, written);
	if (!error)
		return 0;
	take_back(file, rows, size, written);
	return fail(file, error, "");
}

/*
 * The rows begin with ",\n". What makes the file longer is written first: if
 * there is no room for it the array is as it was. Then the three bytes that
 * ended the array become the first three of the rows.
 */
static int extend_json(struct kidos_log_file *file, const char *rows, size_t length, off_t size)
{
	_cleanup_free_ char *end = malloc(length);
	size_t written;
	int error = end ? 0 : -ENOMEM;

	if (!error) {
		memcpy(end, rows + JSON_END_LENGTH, length - JSON_END_LENGTH);
		memcpy(end + length - JSON_END_LENGTH, JSON_END, JSON_END_LENGTH);
		error = write_at(file, end, length, size, &written);
	}
	if (!error)
		error = write_at(file, rows, JSON_END_LENGTH, size - JSON_END_LENGTH, &written);
	if (error && ftruncate(file->fd, size))
		kidos_log(LOG_WARNING, "event log: a row is broken: %s", strerror(errno));
	return error;
}

static int begin_json(struct kidos_log_file *file, const char *rows, size_t length)
{
	_cleanup_free_ char *all = malloc(length + 2 + JSON_END_LENGTH);
	size_t written;
	int error;

	if (!all)
		return -ENOMEM;
	memcpy(all, "[\n", 2);
	memcpy(all + 2, rows + 2, length - 2);
	memcpy(all + length, JSON_END, JSON_END_LENGTH);
	error = write_at(file, all, length + JSON_END_LENGTH, 0, &written);
	if (error && ftruncate(file->fd, 0))
		kidos_log(LOG_WARNING, "event log: a row is broken: %s", strerror(errno));
	return error;
}

static int write_json(struct kidos_log_file *file, const char *rows, size_t length, size_t *written)
{
	off_t size = size_of(file);
	int error = size >= JSON_END_LENGTH ? extend_json(file, rows, length, size)
					    : begin_json(file, rows, length);

	*written = error ? 0 : length;
	return error ? fail(file, error, "") : 0;
}

#define FRAME 512 /* a header, or an array's brackets */

/* Bytes of whole rows that the file has room for. A row is far smaller than the least MaxSize. */
static size_t part_of(const struct kidos_log_file *file, const char *rows, size_t length,
		      off_t size)
{
	uint64_t most = file->settings->max_size;
	size_t room = most > (uint64_t)size + FRAME ? (size_t)(most - (uint64_t)size) - FRAME : 0;
	const char *end;

	if (length <= room || !length)
		return length;
	end = memrchr(rows, '\n', room);
	if (!end)
		return 0;
	return (size_t)(end - rows) + (file->settings->format == KIDOS_LOG_JSON ? -1 : 1);
}

static int write_part(struct kidos_log_file *file, const char *rows, size_t length, size_t *written)
{
	off_t size = size_of(file);
	size_t part = part_of(file, rows, length, size < 0 ? 0 : size);
	int error;

	*written = 0;
	if (part)
		return file->settings->format == KIDOS_LOG_JSON
			       ? write_json(file, rows, part, written)
			       : write_lines(file, rows, part, written);
	error = rotate(file);
	return error ? error : open_anew(file);
}

int kidos_log_file_write(struct kidos_log_file *file, const char *rows, size_t length,
			 size_t *written)
{
	size_t part;
	int error = 0;

	for (*written = 0; !error && *written < length; *written += part)
		error = write_part(file, rows + *written, length - *written, &part);
	return error;
}
