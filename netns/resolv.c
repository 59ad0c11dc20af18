/* SPDX-License-Identifier: MIT */
#include "resolv.h"
#include "netlink/cleanup.h"
#include "step.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_NAME "resolv.conf"

const char kn_resolv_mark[] = "# Written by kidos-netns; removed by its down.\n";

static int open_dir(const char *ns, bool make, struct kn_err *err)
{
	char path[sizeof(KN_ETC_NETNS) + KN_NS_NAME];
	int fd;

	snprintf(path, sizeof(path), KN_ETC_NETNS "/%s", ns);
	if (make)
		return kn_trust_dir(path, 0755, err);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? kn_fail(err, -errno, "%s: %s", path, strerror(errno)) : fd;
}

static bool is_ours(const char *text)
{
	return strncmp(text, kn_resolv_mark, strlen(kn_resolv_mark)) == 0;
}

static int not_ours(const char *ns, struct kn_err *err)
{
	return kn_fail(err, -EEXIST, KN_ETC_NETNS "/%s/" FILE_NAME " exists and is not ours", ns);
}

int kn_resolv_write(const char *ns, const char *text, struct kn_err *err)
{
	_cleanup_free_ char *now = NULL;
	_cleanup_fd_ int dir = open_dir(ns, true, err);
	size_t len;
	int code;

	if (dir < 0)
		return dir;
	code = kn_trust_read_at(dir, FILE_NAME, &now, &len, err);
	if (code && code != -ENOENT)
		return code;
	if (now && !is_ours(now))
		return not_ours(ns, err);
	code = kn_trust_write_at(dir, FILE_NAME, text, err);
	/* The resolver runs as anybody. */
	if (!code && fchmodat(dir, FILE_NAME, 0644, 0) < 0)
		return kn_fail(err, -errno, FILE_NAME ": %s", strerror(errno));
	return code;
}

int kn_resolv_remove(const char *ns, struct kn_err *err)
{
	char path[sizeof(KN_ETC_NETNS) + KN_NS_NAME];
	_cleanup_free_ char *now = NULL;
	_cleanup_fd_ int dir = open_dir(ns, false, err);
	size_t len;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	unlinkat(dir, "." FILE_NAME ".new", 0); /* of a run that was killed */
	if (kn_trust_read_at(dir, FILE_NAME, &now, &len, err) == 0 && is_ours(now) &&
	    unlinkat(dir, FILE_NAME, 0) < 0)
		return kn_fail(err, -errno, FILE_NAME ": %s", strerror(errno));
	snprintf(path, sizeof(path), KN_ETC_NETNS "/%s", ns);
	if (rmdir(path) == 0)
		rmdir(KN_ETC_NETNS); /* both only if nothing else is in there */
	return 0;
}

char *kn_resolv_read(const char *ns)
{
	struct kn_err ignored;
	_cleanup_fd_ int dir = open_dir(ns, false, &ignored);
	char *text = NULL;
	size_t len;

	if (dir < 0 || kn_trust_read_at(dir, FILE_NAME, &text, &len, &ignored) < 0)
		return NULL;
	return text;
}

static char *wanted(const struct kn_resolv *resolv)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs(kn_resolv_mark, f);
	for (size_t i = 0; i < resolv->n_nameservers; i++)
		fprintf(f, "nameserver %s\n", resolv->nameservers[i]);
	for (size_t i = 0; i < resolv->n_search; i++)
		fprintf(f, "%s%s%s", i ? " " : "search ", resolv->search[i],
			i + 1 == resolv->n_search ? "\n" : "");
	for (size_t i = 0; i < resolv->n_options; i++)
		fprintf(f, "options %s\n", resolv->options[i]);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void text_of(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "resolv.conf %s", step->ns->name);
}

/* *now is NULL without a file. What make would refuse is refused. */
static int read_trusted(const char *ns, char **now, struct kn_err *err)
{
	char path[sizeof(KN_ETC_NETNS) + KN_NS_NAME];
	_cleanup_fd_ int dir = -1;
	size_t len;
	int code;

	snprintf(path, sizeof(path), KN_ETC_NETNS "/%s", ns);
	dir = kn_trust_dir(path, 0, err);
	code = dir < 0 ? dir : kn_trust_read_at(dir, FILE_NAME, now, &len, err);
	return code == -ENOENT ? 0 : code;
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_free_ char *now = NULL;
	_cleanup_free_ char *want = wanted(&step->ns->resolv);
	int code = read_trusted(step->ns->name, &now, err);

	(void)nets;
	if (code || !now)
		return code ? code : KN_ABSENT;
	if (want && strcmp(now, want) == 0)
		return KN_FITS;
	if (!is_ours(now))
		return not_ours(step->ns->name, err);
	kn_fail(err, 0, "its text is another");
	return KN_DIFFERS;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	_cleanup_free_ char *want = wanted(&step->ns->resolv);

	(void)nets;
	if (!want)
		return kn_fail(err, -ENOMEM, "out of memory");
	return kn_resolv_write(step->ns->name, want, err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	(void)nets;
	return kn_resolv_remove(step->ns->name, err);
}

const struct kn_step_ops kn_step_resolv = {
	.text = text_of,
	.probe = probe,
	.make = make,
	.undo = undo,
};
