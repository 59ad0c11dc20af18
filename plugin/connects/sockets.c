/* SPDX-License-Identifier: MIT */
#include "connects/sockets.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 256

/* A read may end inside a record: the rest of it comes with the next one. */
static int read_all(int fd, kidos_connect_take take, void *context)
{
	struct kidos_connect_socket sockets[AT_ONCE];
	size_t have = 0, taken;
	ssize_t got;

	for (;;) {
		got = read(fd, (char *)sockets + have, sizeof(sockets) - have);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		have += (size_t)got;
		for (taken = 0; taken < have / sizeof(*sockets); taken++)
			if (!take(&sockets[taken], context))
				return 0;
		have -= taken * sizeof(*sockets);
		memmove(sockets, sockets + taken, have);
	}
}

int kidos_connect_sockets_each(const char *path, kidos_connect_take take, void *context)
{
	char pin[PATH_MAX + 32];
	_cleanup_fd_ int fd = -1;

	snprintf(pin, sizeof(pin), "%s/" KIDOS_CONNECT_SOCKETS_PIN, path);
	/* Each open of a pinned iterator begins a walk, and takes no more than the right to read
	 * it. */
	fd = open(pin, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_all(fd, take, context);
}
