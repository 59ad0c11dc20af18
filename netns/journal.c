/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "netlink/cleanup.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

void kn_journal_cut(struct kn_saved_list *list, size_t n)
{
	while (list->n > n) {
		list->n--;
		free(list->items[list->n].text);
		free(list->items[list->n].message);
	}
}

void kn_journal_clear(struct kn_journal *journal)
{
	struct kn_saved_list *lists[] = { &journal->addrs, &journal->neighbours, &journal->nexthops,
					  &journal->routes };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		kn_journal_cut(lists[i], 0);
		free(lists[i]->items);
	}
	free(journal->altnames);
	free(journal->sysctls);
	free(journal->multicast);
	free(journal->file);
	free(journal->topology);
	*journal = (struct kn_journal){};
}

static int make_room(struct kn_saved_list *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	struct kn_saved *more;

	if (list->n < list->room)
		return 0;
	more = realloc(list->items, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->items = more;
	list->room = room;
	return 0;
}

int kn_journal_add(struct kn_saved_list *list, const char *text, const void *message, size_t len)
{
	struct kn_saved saved = { .text = strdup(text),
				  .message = malloc(len ? len : 1),
				  .len = len };

	if (!saved.text || !saved.message || make_room(list) < 0) {
		free(saved.text);
		free(saved.message);
		return -ENOMEM;
	}
	memcpy(saved.message, message, len);
	list->items[list->n++] = saved;
	return 0;
}

static void file_name(char name[NAME_MAX + 1], const char *topology)
{
	snprintf(name, NAME_MAX + 1, "%s" KN_JOURNAL_SUFFIX, topology);
}

int kn_journal_remove(int dir, const char *topology, struct kn_err *err)
{
	char name[NAME_MAX + 1];

	file_name(name, topology);
	if ((unlinkat(dir, name, 0) < 0 && errno != ENOENT) || fsync(dir) < 0)
		return kn_fail(err, -errno, "%s: %s", name, strerror(errno));
	return 0;
}

int kn_journal_read(int dir, const char *topology, struct kn_journal *journal, struct kn_err *err)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	size_t len;
	int code;

	*journal = (struct kn_journal){};
	if (dir < 0)
		return kn_fail(err, -ENOENT, "no journal");
	file_name(name, topology);
	code = kn_trust_read_at(dir, name, &text, &len, err);
	if (code)
		return code;
	code = kn_journal_parse(text, journal, err);
	return code ? kn_fail_at(err, code, "%s", name) : 0;
}

/* Read back now: when the journal is needed, it is too late to find that it cannot be read. */
static int read_back(int dir, const char *topology, const char *wrote, struct kn_err *err)
{
	struct kn_journal journal;
	_cleanup_free_ char *text = NULL;
	int code = kn_journal_read(dir, topology, &journal, err);

	if (code)
		return kn_fail_at(err, code, "reading the journal back");
	code = kn_journal_format(&journal, &text, err);
	kn_journal_clear(&journal);
	if (!code && strcmp(text, wrote) != 0)
		code = kn_fail(err, -EIO, "the journal is not on disk as it was written");
	return code;
}

int kn_journal_write(int dir, const char *topology, const struct kn_journal *journal,
		     struct kn_err *err)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	struct kn_err ignored;
	int code = kn_journal_format(journal, &text, err);

	file_name(name, topology);
	if (!code)
		code = kn_trust_write_at(dir, name, text, err);
	if (code)
		return code;
	code = read_back(dir, topology, text, err);
	if (code)
		kn_journal_remove(dir, topology, &ignored);
	return code;
}

void kn_journal_boot_id(char id[40])
{
	_cleanup_fd_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, id, 39);

	id[len > 0 ? len : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}
