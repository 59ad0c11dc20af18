/* SPDX-License-Identifier: MIT */
#include "namespace.h"
#include "netlink/cleanup.h"
#include "step.h"
#include "uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/* Named namespaces are what iproute2 made of them: /run/netns is a shared mount of itself, and a
 * namespace's name is a file in it with the namespace mounted over it.
 */

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, KN_NETNS_DIR "/%s", name);
}

int kn_namespace_open(const char *name, struct kn_err *err)
{
	char path[sizeof(KN_NETNS_DIR) + KN_NS_NAME];
	struct statfs fs;
	int fd;

	path_of(path, sizeof(path), name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return kn_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC) {
		close(fd);
		return kn_fail(err, -ENOENT, "%s: not a namespace", path);
	}
	return fd;
}

/* Mounts and unmounts in there propagate to every mount namespace. */
static int share_netns_dir(struct kn_err *err)
{
	if (mkdir(KN_NETNS_DIR, 0755) < 0 && errno != EEXIST)
		return kn_fail(err, -errno, KN_NETNS_DIR ": %s", strerror(errno));
	if (mount("", KN_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	/* EINVAL: it is no mount yet. */
	if (errno != EINVAL ||
	    mount(KN_NETNS_DIR, KN_NETNS_DIR, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", KN_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) < 0)
		return kn_fail(err, -errno, KN_NETNS_DIR ": sharing the mount: %s",
			       strerror(errno));
	return 0;
}

static int mount_new(struct kn_nets *nets, int file, struct kn_err *err)
{
	char target[32];
	int code = 0;

	/* By descriptor: nothing planted at the path meanwhile can catch the mount. */
	snprintf(target, sizeof(target), "/proc/self/fd/%d", file);
	if (unshare(CLONE_NEWNET) < 0)
		return kn_fail(err, -errno, "new network namespace: %s", strerror(errno));
	if (mount("/proc/thread-self/ns/net", target, "none", MS_BIND, NULL) < 0)
		code = kn_fail(err, -errno, "mounting the namespace: %s", strerror(errno));
	kn_nets_leave(nets);
	return code;
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	snprintf(buf, size, "namespace %s", step->ns->name);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char path[sizeof(KN_NETNS_DIR) + KN_NS_NAME];
	struct stat st;
	int fd = kn_nets_fd(nets, step->ns, err);

	if (fd >= 0)
		return KN_FITS;
	if (fd != -ENOENT)
		return fd;
	path_of(path, sizeof(path), step->ns->name);
	/* A file without a namespace: a run was killed between the two. */
	return lstat(path, &st) == 0 ? KN_DIFFERS : KN_ABSENT;
}

/* The name is removed in any case, as with `ip netns del`. The kernel frees the namespace with its
 * last holder.
 */
static void name_holders(struct kn_nets *nets, const struct kn_ns *ns)
{
	struct kn_err ignored;
	char holders[512];
	int fd = kn_nets_fd(nets, ns, &ignored);

	if (!nets->holders.scanned)
		kn_holders_scan(&nets->holders);
	if (fd >= 0 && kn_holders_of(&nets->holders, fd, holders, sizeof(holders)))
		fprintf(stderr, "kidos-netns: namespace %s is kept alive by %s\n", ns->name,
			holders);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char path[sizeof(KN_NETNS_DIR) + KN_NS_NAME];
	int in = kn_uplink_is_in(nets, step->ns, err);

	/* Even if restoring the uplink failed, its namespace stays: the uplink may be the only way
	 * in.
	 */
	if (in < 0)
		return kn_fail_at(err, in, "it may hold the uplink, so it stays");
	if (in)
		return kn_fail(err, -EBUSY, "it holds the uplink, so it stays");
	name_holders(nets, step->ns);
	kn_nets_forget(nets, step->ns);
	path_of(path, sizeof(path), step->ns->name);
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return kn_fail(err, -errno, "%s: unmounting: %s", path, strerror(errno));
	if (unlink(path) < 0 && errno != ENOENT)
		return kn_fail(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char path[sizeof(KN_NETNS_DIR) + KN_NS_NAME];
	_cleanup_fd_ int file = -1;
	int code = share_netns_dir(err);

	if (code)
		return code;
	path_of(path, sizeof(path), step->ns->name);
	file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	if (file < 0)
		return kn_fail(err, -errno, "%s: %s", path, strerror(errno));
	code = mount_new(nets, file, err);
	if (code)
		return code;
	kn_nets_ref(nets, step->ns)->fresh = true;
	return 0;
}

static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code = undo(nets, step, err);

	return code ? code : make(nets, step, err);
}

const struct kn_step_ops kn_step_namespace = {
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};
