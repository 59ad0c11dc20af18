/* SPDX-License-Identifier: MIT */
#include "dhcp_launch.h"
#include "netlink/cleanup.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#define MAX_ARGS 24

struct launch {
	const char *interface, *self;
	char path[KN_DHCP_FILES][PATH_MAX];
	char ns_setting[KN_NS_NAME + 32];
};

static void udhcpc_arguments(const struct launch *launch, const char **argv)
{
	/* In the foreground, 12 tries a second apart, again after 3 s; releases the lease at its
	 * end. Some servers first ping the address (dnsmasq: 3 s), one client at a time. An answer
	 * that comes after a client's last try is lost, hence so many tries.
	 */
	const char *args[] = {
		"udhcpc", "-i", launch->interface, "-f", "-t",         "12", "-T", "1", "-A", "3",
		"-R",     "-O", "staticroutes",    "-s", launch->self, NULL
	};

	memcpy(argv, args, sizeof(args));
}

static void dhclient_arguments(const struct launch *launch, const char **argv)
{
	const char *args[] = { "dhclient",
			       "-4",
			       "-d",
			       "-q",
			       "-cf",
			       launch->path[KN_DHCP_CONFIG],
			       "-sf",
			       launch->self,
			       "-pf",
			       launch->path[KN_DHCP_OWN_PID],
			       "-lf",
			       launch->path[KN_DHCP_LEASES],
			       "-e",
			       launch->ns_setting,
			       launch->interface,
			       NULL };

	memcpy(argv, args, sizeof(args));
}

/* The system's dhclient.conf is not read. Retries are the same as udhcpc's. */
static const char dhclient_config[] =
	"option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;\n"
	"request subnet-mask, broadcast-address, rfc3442-classless-static-routes, routers,\n"
	"\tdomain-name, domain-name-servers;\n"
	"reboot 2;\n"
	"timeout 12;\n"
	"retry 3;\n"
	"initial-interval 1;\n"
	"backoff-cutoff 2;\n";

static const struct client {
	const char *name;
	const char *config; /* its configuration file, or NULL */
	void (*arguments)(const struct launch *launch, const char **argv);
} clients[] = {
	{ "udhcpc", NULL, udhcpc_arguments },
	{ "dhclient", dhclient_config, dhclient_arguments },
};

static const struct client *find_client(char path[PATH_MAX])
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };

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
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)launch->ns_setting, NULL };
	sigset_t none;
	char byte;
	int null;

	/* End of file without a byte: the parent was killed before it recorded this pid. */
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

static int write_pid(struct kn_nets *nets, const struct kn_link *link, pid_t pid,
		     struct kn_err *err)
{
	char name[NAME_MAX + 1], text[64];

	kn_dhcp_file(link, KN_DHCP_PID, name);
	snprintf(text, sizeof(text), "%d %llu\n", pid, kn_dhcp_start_time(pid));
	return kn_trust_write_at(kn_state_dir(nets->state), name, text, err);
}

static int launch_client(struct kn_nets *nets, const struct kn_link *link, const char *path,
			 const char **argv, const struct launch *launch, struct kn_err *err)
{
	int ns_fd = kn_nets_fd(nets, link->ns, err);
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
		       : write_pid(nets, link, pid, err);
	if (!code && write(pipe_fd[1], "g", 1) != 1)
		code = kn_fail(err, -EIO, "%s: did not start", path);
	close(pipe_fd[1]);
	return code;
}

/* Where dhclient finds its files: it opens them by path. */
static int name_files(struct kn_nets *nets, const struct kn_link *link, struct launch *launch,
		      struct kn_err *err)
{
	char own[64], dir[NAME_MAX], name[NAME_MAX + 1];
	ssize_t len;

	snprintf(own, sizeof(own), "/proc/self/fd/%d", kn_state_dir(nets->state));
	len = readlink(own, dir, sizeof(dir) - 1);
	if (len < 0)
		return kn_fail(err, -errno, "%s: %s", own, strerror(errno));
	dir[len] = '\0';
	for (int i = 0; i < KN_DHCP_FILES; i++) {
		kn_dhcp_file(link, (enum kn_dhcp_file)i, name);
		snprintf(launch->path[i], PATH_MAX, "%s/%s", dir, name);
	}
	return 0;
}

static int prepare(struct kn_nets *nets, const struct kn_link *link, const struct client *client,
		   struct launch *launch, struct kn_err *err)
{
	char name[NAME_MAX + 1];
	int code = name_files(nets, link, launch, err);

	/* Whose resolv.conf the lease fills in; a topology that has its own keeps it. */
	snprintf(launch->ns_setting, sizeof(launch->ns_setting), "KIDOS_NETNS_RESOLV=%s",
		 link->ns->resolv.present ? "" : link->ns->name);
	kn_dhcp_file(link, KN_DHCP_CONFIG, name);
	if (!code && client->config)
		code = kn_trust_write_at(kn_state_dir(nets->state), name, client->config, err);
	return code;
}

int kn_dhcp_can_launch(struct kn_err *err)
{
	char path[PATH_MAX];

	return find_client(path)
		       ? 0
		       : kn_fail(err, -ENOENT, "neither udhcpc nor dhclient is installed");
}

int kn_dhcp_launch(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err)
{
	char client_path[PATH_MAX], self[PATH_MAX];
	struct launch launch = { .interface = link->name, .self = self };
	const struct client *client = find_client(client_path);
	const char *argv[MAX_ARGS];
	ssize_t len;
	int code = kn_dhcp_can_launch(err);

	if (code)
		return code;
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return kn_fail(err, -errno, "/proc/self/exe: %s", strerror(errno));
	self[len] = '\0';
	code = prepare(nets, link, client, &launch, err);
	if (code)
		return code;
	client->arguments(&launch, argv);
	return launch_client(nets, link, client_path, argv, &launch, err);
}
