/* SPDX-License-Identifier: MIT */
#include "sysctl.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* /proc/sys/net shows the namespace of whoever opens it, so a value is read and written from
 * inside. */

struct target {
	char path[256];
	const char *value;
};

static void target_of(const struct kn_step *step, struct target *target)
{
	const struct kn_sysctl *sysctl = step->item;

	target->value = sysctl->value;
	if (step->link) {
		/* "ipv6.accept_dad": both prefixes have five bytes with their dot. */
		snprintf(target->path, sizeof(target->path), "/proc/sys/net/%.4s/conf/%s/%s",
			 sysctl->key, step->link->name, sysctl->key + 5);
		return;
	}
	snprintf(target->path, sizeof(target->path), "/proc/sys/%s", sysctl->key);
	for (char *c = target->path; *c; c++)
		if (*c == '.')
			*c = '/';
}

static int open_inside(struct kn_nets *nets, const struct kn_step *step, const char *path,
		       int flags, struct kn_err *err)
{
	int fd, code = kn_nets_enter(nets, step->ns, err);

	if (code < 0)
		return code;
	fd = open(path, flags | O_CLOEXEC);
	code = -errno;
	kn_nets_leave(nets);
	return fd < 0 ? kn_fail(err, code, "%s: %s", path, strerror(-code)) : fd;
}

static int read_value(struct kn_nets *nets, const struct kn_step *step, char *buf, size_t size,
		      struct kn_err *err)
{
	struct target target;
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	target_of(step, &target);
	fd = open_inside(nets, step, target.path, O_RDONLY, err);
	if (fd < 0)
		return fd;
	len = read(fd, buf, size - 1);
	if (len < 0)
		return kn_fail(err, -errno, "%s: %s", target.path, strerror(errno));
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int write_value(struct kn_nets *nets, const struct kn_step *step, const char *value,
		       struct kn_err *err)
{
	struct target target;
	_cleanup_fd_ int fd = -1;

	target_of(step, &target);
	fd = open_inside(nets, step, target.path, O_WRONLY, err);
	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		return kn_fail(err, -errno, "%s = %s: %s", target.path, value, strerror(errno));
	return 0;
}

int kn_sysctl_writable(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	struct target target;
	_cleanup_fd_ int fd = -1;

	target_of(step, &target);
	fd = open_inside(nets, step, target.path, O_WRONLY, err);
	return fd < 0 ? fd : 0;
}

/* The kernel shows lists with tabs between their numbers; people write blanks. */
static bool same_value(const char *a, const char *b)
{
	while (*a && *b) {
		size_t blanks_a = strspn(a, " \t"), blanks_b = strspn(b, " \t");

		if ((blanks_a > 0) != (blanks_b > 0) || a[blanks_a] != b[blanks_b])
			return false;
		a += blanks_a + (a[blanks_a] != 0);
		b += blanks_b + (b[blanks_b] != 0);
	}
	return *a == *b;
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	const struct kn_sysctl *sysctl = step->item;

	snprintf(buf, size, "sysctl %s %s=%s", step->ns->name, sysctl->key, sysctl->value);
}

static void link_text(const struct kn_step *step, char *buf, size_t size)
{
	const struct kn_sysctl *sysctl = step->item;
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "sysctl %s %s=%s", kn_link_text(step->link, where), sysctl->key,
		 sysctl->value);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_sysctl *sysctl = step->item;
	char now[256];
	int code = read_value(nets, step, now, sizeof(now), err);

	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	return same_value(now, sysctl->value) ? KN_FITS : KN_ABSENT;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return write_value(nets, step, ((const struct kn_sysctl *)step->item)->value, err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char key[KN_STEP_TEXT];
	const char *was;
	int code;

	step->ops->text(step, key, sizeof(key));
	was = kn_state_was(nets->state, key);
	if (!was)
		return 0;
	code = write_value(nets, step, was, err);
	return kn_is_gone(code) ? 0 : code;
}

static char *was(struct kn_nets *nets, const struct kn_step *step)
{
	struct kn_err ignored;
	char now[256];

	return read_value(nets, step, now, sizeof(now), &ignored) ? NULL : strdup(now);
}

const struct kn_step_ops kn_step_sysctl = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.undo = undo,
	.was = was,
};

const struct kn_step_ops kn_step_link_sysctl = {
	.goes_with_namespace = true,
	.text = link_text,
	.probe = probe,
	.make = make,
	.undo = undo,
	.was = was,
};
