/* SPDX-License-Identifier: MIT */
#include "dhcp.h"
#include "address.h"
#include "cleanup.h"
#include "resolv.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define MAX_ARGS 24

/* What a client leaves in the run directory: its pid, and dhclient's two files. */
#define PID_FILE 0
#define LEASE_FILE 1
#define OWN_PID 2
static const char *const suffixes[] = {"pid", "leases", "client-pid"};

static void file_name(const struct kn_link *link, int which, char name[NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "dhcp.%s.%s.%s", link->ns->name, link->name, suffixes[which]);
}

/* Field 22 of /proc/PID/stat: when it was started, in ticks since boot. With the pid it names one
 * process and no other. 0 if there is none.
 */
static unsigned long long start_time(pid_t pid)
{
	char path[64], text[1024];
	const char *after;
	unsigned long long start = 0;
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	after = strrchr(text, ')'); /* the name before it may hold anything */
	for (int field = 2; after && field < 22; field++)
		after = strchr(after + 1, ' ');
	return after && sscanf(after, "%llu", &start) == 1 ? start : 0;
}

static bool lives_in(pid_t pid, int ns_fd)
{
	struct stat ns, of_pid;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return fstat(ns_fd, &ns) == 0 && stat(path, &of_pid) == 0 && ns.st_dev == of_pid.st_dev &&
	       ns.st_ino == of_pid.st_ino;
}

/* Ours is who was started when we wrote it down and is in the namespace still. */
int kn_dhcp_client(struct kn_world *world, const struct kn_link *link)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	unsigned long long started;
	struct kn_err ignored;
	int pid, ns_fd, dir = kn_state_dir(world->state);
	size_t len;

	file_name(link, PID_FILE, name);
	if (dir < 0 || kn_trust_read_at(dir, name, &text, &len, &ignored) < 0 ||
	    sscanf(text, "%d %llu", &pid, &started) != 2 || pid <= 1)
		return 0;
	ns_fd = kn_world_fd(world, link->ns, &ignored);
	if (ns_fd < 0 || start_time(pid) != started || !lives_in(pid, ns_fd))
		return 0;
	return pid;
}

/* --- starting one --- */

struct launch {
	const char *interface, *self;
	char pid_file[PATH_MAX], lease_file[PATH_MAX];
	char ns_setting[KN_NS_NAME + 32];
};

static void udhcpc_arguments(const struct launch *launch, const char **argv)
{
	/* In the foreground, 4 tries a second apart, again after 5 s, releasing at the end. */
	const char *args[] = {
	    "udhcpc", "-i", launch->interface, "-f", "-t", "4", "-T", "1", "-A", "5",
	    "-R",     "-s", launch->self,      NULL};

	memcpy(argv, args, sizeof(args));
}

static void dhclient_arguments(const struct launch *launch, const char **argv)
{
	const char *args[] = {"dhclient",
			      "-4",
			      "-d",
			      "-q",
			      "-sf",
			      launch->self,
			      "-pf",
			      launch->pid_file,
			      "-lf",
			      launch->lease_file,
			      "-e",
			      launch->ns_setting,
			      launch->interface,
			      NULL};

	memcpy(argv, args, sizeof(args));
}

static const struct client {
	const char *name;
	void (*arguments)(const struct launch *launch, const char **argv);
} clients[] = {
    {"udhcpc", udhcpc_arguments},
    {"dhclient", dhclient_arguments},
};

static const struct client *find_client(char path[PATH_MAX])
{
	static const char *const dirs[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};

	for (size_t c = 0; c < sizeof(clients) / sizeof(clients[0]); c++) {
		for (size_t d = 0; d < sizeof(dirs) / sizeof(dirs[0]); d++) {
			snprintf(path, PATH_MAX, "%s/%s", dirs[d], clients[c].name);
			if (access(path, X_OK) == 0)
				return &clients[c];
		}
	}
	return NULL;
}

/* The child: waits until its pid is written down, then becomes the client. Never returns. */
static void become_client(const char *path, const char **argv, const struct launch *launch,
			  int ns_fd, int go)
{
	char *env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)launch->ns_setting, NULL};
	sigset_t none;
	char byte;
	int null;

	/* The end of the pipe without a byte: the parent was killed before it knew us. */
	if (read(go, &byte, 1) != 1 || setns(ns_fd, CLONE_NEWNET) < 0)
		_exit(127);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (chdir("/") == 0)
		execve(path, (char *const *)argv, env);
	_exit(127);
}

static int write_pid(struct kn_world *world, const struct kn_link *link, pid_t pid,
		     struct kn_err *err)
{
	char name[NAME_MAX + 1], text[64];

	file_name(link, PID_FILE, name);
	snprintf(text, sizeof(text), "%d %llu\n", pid, start_time(pid));
	return kn_trust_write_at(kn_state_dir(world->state), name, text, err);
}

static int launch_client(struct kn_world *world, const struct kn_link *link, const char *path,
			 const char **argv, const struct launch *launch, struct kn_err *err)
{
	int ns_fd = kn_world_fd(world, link->ns, err);
	int pipe_fd[2], code;
	pid_t pid;

	if (ns_fd < 0)
		return ns_fd;
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return kn_fail(err, -errno, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(pipe_fd[1]);
		become_client(path, argv, launch, ns_fd, pipe_fd[0]);
	}
	close(pipe_fd[0]);
	code = pid < 0 ? kn_fail(err, -errno, "fork: %s", strerror(errno))
		       : write_pid(world, link, pid, err);
	if (!code && write(pipe_fd[1], "g", 1) != 1)
		code = kn_fail(err, -EIO, "%s: did not start", path);
	close(pipe_fd[1]);
	return code;
}

static int make(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_link *link = step->link;
	struct launch launch = {.interface = link->name};
	char path[PATH_MAX], self[PATH_MAX], dir[64], name[NAME_MAX + 1];
	const struct client *client = find_client(path);
	const char *argv[MAX_ARGS];
	ssize_t len;

	if (!client)
		return kn_fail(err, -ENOENT, "neither udhcpc nor dhclient is installed");
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return kn_fail(err, -errno, "/proc/self/exe: %s", strerror(errno));
	self[len] = '\0';
	launch.self = self;
	snprintf(dir, sizeof(dir), "/proc/self/fd/%d", kn_state_dir(world->state));
	len = readlink(dir, launch.pid_file, NAME_MAX);
	if (len < 0)
		return kn_fail(err, -errno, "%s: %s", dir, strerror(errno));
	launch.pid_file[len] = '\0';
	memcpy(launch.lease_file, launch.pid_file, (size_t)len + 1);
	file_name(link, OWN_PID, name);
	snprintf(launch.pid_file + len, sizeof(launch.pid_file) - (size_t)len, "/%s", name);
	file_name(link, LEASE_FILE, name);
	snprintf(launch.lease_file + len, sizeof(launch.lease_file) - (size_t)len, "/%s", name);
	/* Whose resolv.conf the lease fills in; a topology that has its own keeps it. */
	snprintf(launch.ns_setting, sizeof(launch.ns_setting), "KIDOS_NETNS_RESOLV=%s",
		 link->ns->resolv.present ? "" : link->ns->name);
	client->arguments(&launch, argv);
	return launch_client(world, link, path, argv, &launch, err);
}

/* --- and ending it --- */

static bool ended(int pidfd, int ms)
{
	struct pollfd wait = {.fd = pidfd, .events = POLLIN};

	return poll(&wait, 1, ms) == 1;
}

/* By pidfd (5.3): between the check and the signal the pid cannot become somebody else's. */
static int end_client(struct kn_world *world, const struct kn_link *link, struct kn_err *err)
{
	int pid = kn_dhcp_client(world, link);
	_cleanup_fd_ int pidfd = -1;

	if (!pid)
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || kn_dhcp_client(world, link) != pid)
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
	if (ended(pidfd, 2000))
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return ended(pidfd, 1000) ? 0 : kn_fail(err, -ETIMEDOUT, "pid %d does not end", pid);
}

static int undo(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	char name[NAME_MAX + 1];
	int code = end_client(world, step->link, err);

	for (int i = 0; !code && i < 3; i++) {
		file_name(step->link, i, name);
		unlinkat(kn_state_dir(world->state), name, 0);
	}
	/* What its last event left, perhaps after it was killed. */
	if (!code && !step->ns->resolv.present && step->ns->name[0])
		code = kn_resolv_remove(step->ns->name, err);
	return code;
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "dhcp %s", kn_link_text(step->link, where));
}

static int probe(struct kn_world *world, const struct kn_step *step, struct kn_err *err)
{
	(void)err;
	return kn_dhcp_client(world, step->link) ? KN_FITS : KN_ABSENT;
}

const struct kn_step_ops kn_step_dhcp = {
    .text = text,
    .probe = probe,
    .make = make,
    .undo = undo,
};

static bool is_leased(const struct kn_addr_info *info, const void *data)
{
	(void)data;
	return info->addr.family == AF_INET && info->scope == RT_SCOPE_UNIVERSE;
}

unsigned int kn_dhcp_wait(struct kn_world *world, unsigned int seconds)
{
	struct timespec pause = {.tv_nsec = 100000000};
	struct kn_err ignored;
	unsigned int without = 0;

	for (unsigned int tenths = 0; tenths <= seconds * 10; tenths++) {
		without = 0;
		for (size_t i = 0; i < world->topo->n_links; i++) {
			const struct kn_link *link = &world->topo->links[i];

			if (link->dhcp && kn_address_find(world, link->ns, link->name, is_leased,
							  NULL, &ignored) != 1)
				without++;
		}
		if (!without)
			break;
		nanosleep(&pause, NULL);
	}
	return without;
}
