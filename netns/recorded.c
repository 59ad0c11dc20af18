/* SPDX-License-Identifier: MIT */
#include "recorded.h"
#include "journal.h"
#include "netlink/cleanup.h"
#include "state.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void kn_recorded_place(const char *file, char place[PATH_MAX])
{
	const char *slash = strrchr(file, '/');
	const char *last = slash ? slash + 1 : file;
	_cleanup_free_ char *dir = slash ? strndup(file, (size_t)(slash - file + 1)) : strdup(".");
	_cleanup_free_ char *real = dir ? realpath(dir, NULL) : NULL;

	place[0] = '\0';
	if (real && snprintf(place, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, last) >=
			    PATH_MAX)
		place[0] = '\0';
}

int kn_recorded_parse(const char *name, const char *text, struct kn_topology **out,
		      struct kn_err *err)
{
	char file[KN_TEXT];
	int code;

	/* A topology without a name has that of its file. */
	snprintf(file, sizeof(file), "%s.json", name);
	code = kn_topology_parse(out, file, text, strlen(text), err);
	return code ? kn_fail_at(err, code, "recorded topology") : 0;
}

static bool is_from(int dir, const char *place)
{
	_cleanup_free_ char *text = NULL;
	struct kn_err ignored;
	size_t len;

	return kn_trust_read_at(dir, KN_STATE_PLACE, &text, &len, &ignored) == 0 &&
	       strcmp(text, place) == 0;
}

static int find_in_run(int run, const char *name, const char *place, struct kn_topology **out,
		       struct kn_err *err)
{
	_cleanup_fd_ int dir = openat(run, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int code;

	if (dir < 0 || !is_from(dir, place))
		return -ENOENT;
	code = kn_trust_read_at(dir, KN_STATE_TOPOLOGY, &text, &len, err);
	return code ? code : kn_recorded_parse(name, text, out, err);
}

static int find_in_lib(int lib, const char *file, const char *place, struct kn_topology **out,
		       struct kn_err *err)
{
	size_t len = strlen(file), end = strlen(KN_JOURNAL_SUFFIX);
	struct kn_journal journal;
	char name[NAME_MAX + 1];
	int code = -ENOENT;

	if (len <= end || file[0] == '.' || strcmp(file + len - end, KN_JOURNAL_SUFFIX) != 0)
		return -ENOENT;
	snprintf(name, sizeof(name), "%.*s", (int)(len - end), file);
	if (kn_journal_read(lib, name, &journal, err) < 0) {
		fprintf(stderr, "kidos-netns: %s\n", err->text);
		return -ENOENT;
	}
	if (journal.file && strcmp(journal.file, place) == 0)
		code = kn_recorded_parse(name, journal.topology, out, err);
	kn_journal_clear(&journal);
	return code;
}

typedef int find_in(int dir, const char *name, const char *place, struct kn_topology **out,
		    struct kn_err *err);

static int search(DIR *dir, find_in *one, const char *place, struct kn_topology **out,
		  struct kn_err *err)
{
	struct dirent *entry;
	int code = -ENOENT;

	while (dir && code == -ENOENT && (entry = readdir(dir)))
		code = one(dirfd(dir), entry->d_name, place, out, err);
	return code;
}

int kn_recorded_find(const char *place, struct kn_topology **out, struct kn_err *err)
{
	_cleanup_dir_ DIR *run = kn_state_list();
	_cleanup_dir_ DIR *lib = kn_state_list_lib();
	int code = -ENOENT;

	if (place[0])
		code = search(run, find_in_run, place, out, err);
	if (place[0] && code == -ENOENT)
		code = search(lib, find_in_lib, place, out, err);
	return code == -ENOENT ? kn_fail(err, code, "nothing is recorded") : code;
}
