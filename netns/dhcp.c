/* SPDX-License-Identifier: MIT */
#include "dhcp.h"
#include "address.h"
#include "dhcp_launch.h"
#include "dhcp_lease.h"
#include "netlink/cleanup.h"
#include "resolv.h"
#include "stop.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *const suffixes[KN_DHCP_FILES] = { "pid", "leases", "client-pid", "conf" };

void kn_dhcp_file(const struct kn_link *link, enum kn_dhcp_file which, char name[NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "dhcp.%s.%s.%s", link->ns->name, link->name, suffixes[which]);
}

/* Field 22 of /proc/PID/stat. */
unsigned long long kn_dhcp_start_time(pid_t pid)
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

/* The process is ours if its start time is the recorded one and it is still in the namespace. */
int kn_dhcp_client(struct kn_nets *nets, const struct kn_link *link)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	unsigned long long started;
	struct kn_err ignored;
	int pid, ns_fd, dir = kn_state_dir(nets->state);
	size_t len;

	kn_dhcp_file(link, KN_DHCP_PID, name);
	if (dir < 0 || kn_trust_read_at(dir, name, &text, &len, &ignored) < 0 ||
	    sscanf(text, "%d %llu", &pid, &started) != 2 || pid <= 1)
		return 0;
	ns_fd = kn_nets_fd(nets, link->ns, &ignored);
	if (ns_fd < 0 || kn_dhcp_start_time(pid) != started || !lives_in(pid, ns_fd))
		return 0;
	return pid;
}

static bool ended(int pidfd, int ms)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };

	return poll(&wait, 1, ms) == 1;
}

/* By pidfd (5.3): between the check and the signal the pid cannot become somebody else's. */
static int end_client(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err)
{
	int pid = kn_dhcp_client(nets, link);
	_cleanup_fd_ int pidfd = -1;

	if (!pid)
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || kn_dhcp_client(nets, link) != pid)
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
	if (ended(pidfd, 2000))
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return ended(pidfd, 1000) ? 0 : kn_fail(err, -ETIMEDOUT, "pid %d does not end", pid);
}

/* dhclient leaves address and routes at its end, and so does any client that had to be killed. */
static int clear(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err)
{
	struct kn_link_info info;
	struct kn_talk *talk;
	int code = kn_nets_link(nets, link->ns, link->name, &info, err);

	if (!code)
		code = kn_nets_talk(nets, link->ns, &talk, err);
	if (!code)
		code = kn_lease_apply(talk, info.ifindex, &(struct kn_lease){}, err);
	return kn_is_gone(code) ? 0 : code;
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char name[NAME_MAX + 1];
	int code = end_client(nets, step->link, err);

	for (int i = 0; !code && i < KN_DHCP_FILES; i++) {
		kn_dhcp_file(step->link, (enum kn_dhcp_file)i, name);
		unlinkat(kn_state_dir(nets->state), name, 0);
	}
	if (!code)
		code = clear(nets, step->link, err);
	if (!code && !step->ns->resolv.present && step->ns->name[0])
		code = kn_resolv_remove(step->ns->name, err);
	return code;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return kn_dhcp_launch(nets, step->link, err);
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT];

	snprintf(buf, size, "dhcp %s", kn_link_text(step->link, where));
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	int code;

	if (kn_dhcp_client(nets, step->link))
		return KN_FITS;
	code = kn_dhcp_can_launch(err);
	return code ? code : KN_ABSENT;
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

unsigned int kn_dhcp_wait(struct kn_nets *nets, unsigned int seconds)
{
	struct kn_err ignored;
	unsigned int without = 0;

	for (unsigned int tenths = 0; tenths <= seconds * 10; tenths++) {
		without = 0;
		for (size_t i = 0; i < nets->topo->n_links; i++) {
			const struct kn_link *link = &nets->topo->links[i];

			if (link->dhcp && kn_address_find(nets, link->ns, link->name, is_leased,
							  NULL, &ignored) != 1)
				without++;
		}
		if (!without || !kn_stop_pause(100))
			break;
	}
	return without;
}
