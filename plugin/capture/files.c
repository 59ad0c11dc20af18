/* SPDX-License-Identifier: MIT */
#include "capture/files.h"
#include "core/now.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All of it, or -errno and the file as it was. */
static int append(struct kidos_files *files, const char *data, size_t size)
{
	size_t done = 0;
	ssize_t wrote;
	int error = 0;

	while (!error && done < size) {
		wrote = write(files->fd, data + done, size - done);
		if (wrote > 0)
			done += (size_t)wrote;
		else if (wrote == 0 || errno != EINTR)
			error = wrote ? -errno : -EIO;
	}
	if (!error)
		files->size += size;
	else if (done && (ftruncate(files->fd, (off_t)files->size) ||
			  lseek(files->fd, (off_t)files->size, SEEK_SET) < 0))
		return -EIO;
	return error;
}

/* name "": it writes nothing any more. */
static void set_name(struct kidos_files_names *names, uint64_t capture, const char *name)
{
	size_t place = KIDOS_FILES_OPEN;

	pthread_mutex_lock(&names->lock);
	for (size_t i = 0; i < KIDOS_FILES_OPEN; i++)
		if (names->open[i].capture == capture ||
		    (!names->open[i].capture && place == KIDOS_FILES_OPEN))
			place = i;
	if (place < KIDOS_FILES_OPEN) {
		names->open[place].capture = *name ? capture : 0;
		memcpy(names->open[place].name, name, strlen(name) + 1);
	}
	pthread_mutex_unlock(&names->lock);
}

void kidos_files_name(struct kidos_files_names *names, uint64_t capture,
		      char name[KIDOS_FOLDER_NAME])
{
	*name = '\0';
	pthread_mutex_lock(&names->lock);
	for (size_t i = 0; i < KIDOS_FILES_OPEN; i++)
		if (names->open[i].capture == capture)
			memcpy(name, names->open[i].name, KIDOS_FOLDER_NAME);
	pthread_mutex_unlock(&names->lock);
}

static bool is_in_use(void *context, const char *name)
{
	struct kidos_files_names *names = context;
	bool found = false;

	pthread_mutex_lock(&names->lock);
	for (size_t i = 0; i < KIDOS_FILES_OPEN; i++)
		found |= names->open[i].capture && !strcmp(names->open[i].name, name);
	pthread_mutex_unlock(&names->lock);
	return found;
}

static void close_current(struct kidos_files *files)
{
	if (files->fd >= 0)
		close(files->fd);
	files->fd = -1;
}

/* The oldest of this capture goes when its place is taken. */
static void keep_name(struct kidos_files *files, const char *name)
{
	char *place = files->names[files->number % files->rules->kept];

	if (*place)
		unlinkat(files->rules->folder, place, 0);
	memcpy(place, name, KIDOS_FOLDER_NAME);
}

static int make_room(const struct kidos_files *files, size_t size)
{
	const struct kidos_files_rules *rules = files->rules;

	return kidos_folder_trim(rules->folder, rules->folder_bytes, size, is_in_use, rules->names);
}

static int open_next(struct kidos_files *files)
{
	char name[KIDOS_FOLDER_NAME] = "";
	int error = make_room(files, files->head_size), fd = -EEXIST;

	close_current(files);
	if (error)
		return error;
	/* A name may be left of an earlier process in the same second. */
	for (int tries = 0; fd == -EEXIST && tries < 1000; tries++) {
		kidos_folder_name(name, kidos_now_ns(CLOCK_REALTIME), files->capture,
				  ++files->number);
		fd = kidos_folder_create(files->rules->folder, name);
	}
	if (fd < 0)
		return fd;
	files->fd = fd;
	files->size = 0;
	files->since_ns = kidos_now_ns(CLOCK_MONOTONIC);
	error = append(files, files->head, files->head_size);
	if (error) {
		close_current(files);
		unlinkat(files->rules->folder, name, 0);
		return error;
	}
	keep_name(files, name);
	memcpy(files->name, name, sizeof(files->name));
	set_name(files->rules->names, files->capture, name);
	return 0;
}

int kidos_files_open(struct kidos_files *files, const struct kidos_files_rules *rules,
		     uint64_t capture, const char *head, size_t head_size)
{
	*files = (struct kidos_files){ .rules = rules,
				       .capture = capture,
				       .fd = -1,
				       .head = head,
				       .head_size = head_size,
				       .names = calloc(rules->kept, sizeof(*files->names)) };
	return files->names ? open_next(files) : -ENOMEM;
}

/* A file that has nothing but its head takes whatever comes. */
static bool is_over(const struct kidos_files *files, size_t size)
{
	const struct kidos_files_rules *rules = files->rules;

	if (files->fd < 0)
		return true;
	if (files->size <= files->head_size)
		return false;
	if (rules->rotate_bytes && files->size + size > rules->rotate_bytes)
		return true;
	return rules->rotate_ns &&
	       kidos_now_ns(CLOCK_MONOTONIC) - files->since_ns >= rules->rotate_ns;
}

int kidos_files_write(struct kidos_files *files, const void *blocks, size_t size)
{
	int error = is_over(files, size) ? open_next(files) : 0;

	if (!error)
		error = make_room(files, size);
	return error ? error : append(files, blocks, size);
}

void kidos_files_close(struct kidos_files *files)
{
	close_current(files);
	set_name(files->rules->names, files->capture, "");
	free(files->names);
	files->names = NULL;
}
