/* SPDX-License-Identifier: MIT */
#include "state/learned.h"
#include "core/text.h"
#include "netlink/cleanup.h"
#include "state/file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define LARGEST (KIDOS_LEARNED * KIDOS_LEARNED_NAME + 512) /* bytes */

void kidos_learned_init(struct kidos_learned *learned, const struct kidos_learned_kind *kind,
			uint64_t now)
{
	struct utsname name = {};

	memset(learned, 0, sizeof(*learned));
	learned->kind = kind;
	learned->since = now;
	learned->changed = true;
	uname(&name);
	snprintf(learned->kernel, sizeof(learned->kernel), "%s %s", name.release, name.version);
}

bool kidos_learned_has(const struct kidos_learned *learned, const char *name)
{
	size_t count = __atomic_load_n(&learned->count, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(learned->names[i], name))
			return true;
	return false;
}

void kidos_learned_add(struct kidos_learned *learned, const char *name)
{
	size_t length = strlen(name);

	if (learned->count == KIDOS_LEARNED || length >= learned->kind->room ||
	    kidos_learned_has(learned, name))
		return;
	memcpy(learned->names[learned->count], name, length + 1);
	__atomic_store_n(&learned->count, learned->count + 1, __ATOMIC_RELEASE);
	learned->changed = true;
}

static bool is_name(const struct kidos_learned_kind *kind, const char *text)
{
	size_t length = 0;

	for (; text[length]; length++)
		if (!kind->is_character(text[length]))
			return false;
	return length && length < kind->room;
}

/* A number of another kernel may mean anything here. */
static bool take_name(struct kidos_learned *learned, const char *text, bool same_kernel)
{
	if (!is_name(learned->kind, text) || learned->count == KIDOS_LEARNED)
		return false;
	if (same_kernel || !learned->kind->numbers || !isdigit((unsigned char)*text))
		kidos_learned_add(learned, text);
	return true;
}

/* "kidos-reasons 1": the file's name and its version. */
static bool is_head(const struct kidos_learned_kind *kind, const char *text)
{
	size_t length = strlen(kind->file);

	return !strncmp(text, kind->file, length) && !strcmp(text + length, " 1");
}

/* Returns false at a line that is none of ours; line numbers begin at 1. */
static bool take_line(struct kidos_learned *learned, const char *text, unsigned int line,
		      bool *same_kernel)
{
	switch (line) {
	case 1:
		return is_head(learned->kind, text);
	case 2:
		return !strncmp(text, "since ", 6) &&
		       kidos_text_number(text + 6, 0, INT64_MAX, &learned->since);
	case 3:
		*same_kernel = !strncmp(text, "kernel ", 7) && !strcmp(text + 7, learned->kernel);
		return !strncmp(text, "kernel ", 7);
	default:
		return take_name(learned, text, *same_kernel);
	}
}

/* Also refused: a file that ends before its third line, or within a line. */
static int read_file(struct kidos_learned *learned, FILE *file, unsigned int *line)
{
	bool right = true, same_kernel = false;
	_cleanup_free_ char *text = NULL;
	size_t room = 0;
	ssize_t length;

	*line = 0;
	while (right && (length = getline(&text, &room, file)) > 0) {
		++*line;
		right = text[length - 1] == '\n' && strlen(text) == (size_t)length;
		text[length - 1] = '\0';
		right = right && take_line(learned, text, *line, &same_kernel);
	}
	if (right && *line < 3) {
		++*line;
		right = false;
	}
	return right ? 0 : -EBADMSG;
}

int kidos_learned_load(struct kidos_learned *learned, const char *folder, unsigned int *line)
{
	_cleanup_free_ struct kidos_learned *read = NULL;
	_cleanup_file_ FILE *file = NULL;
	int error = kidos_file_open(folder, learned->kind->file, LARGEST, &file);

	*line = 0;
	if (error || !file)
		return error;
	read = malloc(sizeof(*read));
	if (!read)
		return -ENOMEM;
	kidos_learned_init(read, learned->kind, learned->since);
	error = read_file(read, file, line);
	if (error)
		return error;
	/* A clock that was set back makes no time to learn longer. */
	if (read->since > learned->since)
		read->since = learned->since;
	*learned = *read;
	return 0;
}

static int write_learned(const void *context, FILE *file)
{
	const struct kidos_learned *learned = context;

	fprintf(file, "%s 1\nsince %" PRIu64 "\nkernel %s\n", learned->kind->file, learned->since,
		learned->kernel);
	for (size_t i = 0; i < learned->count; i++)
		fprintf(file, "%s\n", learned->names[i]);
	return 0;
}

int kidos_learned_save(struct kidos_learned *learned, const char *folder)
{
	int error = kidos_file_replace(folder, learned->kind->file, write_learned, learned);

	if (!error)
		learned->changed = false;
	return error;
}
