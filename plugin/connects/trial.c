/* SPDX-License-Identifier: MIT */
#include "connects/loaded.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 1000
#define PORT_DISCARD 9

static int set_trial(const struct kidos_connect_maps *maps, const struct kidos_connect_trial *trial)
{
	return kidos_map_write(maps->fd[KIDOS_CONNECT_MAP_TRIAL], 0, trial);
}

/* A port that is ours and where nobody listens; the loopback interface may be down. */
static void find_closed(int fd, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);

	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) ||
	    getsockname(fd, (struct sockaddr *)address, &size))
		address->sin_port = htons(PORT_DISCARD);
}

/* Returns the errno of the attempt, now or by SO_ERROR; it waits for no answer that never comes. */
static int provoke(int fd, const struct sockaddr_in *address)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&wait, 1, WAIT_MS) != 1)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

/* Without a way out, before a SYN, there is no outcome to be seen. */
static uint64_t steps_of(const struct kidos_connect_rung *rung, int error)
{
	uint64_t steps = KIDOS_CONNECT_STEP_ENTRY;

	if (rung->returns)
		steps |= KIDOS_CONNECT_STEP_RETURN;
	if (error == ECONNREFUSED || !error)
		steps |= KIDOS_CONNECT_STEP_OUTCOME;
	return steps;
}

static int try_socket(const struct kidos_connect_maps *maps, const struct kidos_connect_rung *rung,
		      int fd, const struct sockaddr_in *address)
{
	struct kidos_connect_trial trial = {}, none = {};
	socklen_t size = sizeof(trial.cookie);
	uint64_t steps;
	int error;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &trial.cookie, &size))
		return -errno;
	error = set_trial(maps, &trial);
	if (error)
		return error;
	steps = steps_of(rung, provoke(fd, address));
	error = kidos_map_read(maps->fd[KIDOS_CONNECT_MAP_TRIAL], 0, &trial);
	set_trial(maps, &none);
	if (error)
		return error;
	return (trial.seen & steps) == steps ? 0 : -ENODATA;
}

int kidos_connect_trial(const struct kidos_connect_maps *maps,
			const struct kidos_connect_rung *rung)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	_cleanup_fd_ int closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (closed < 0 || fd < 0)
		return -errno;
	find_closed(closed, &address);
	return try_socket(maps, rung, fd, &address);
}
