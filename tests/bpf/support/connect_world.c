/* SPDX-License-Identifier: MIT */
#include "connect_world.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

socklen_t length_of(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

union address at(const char *host, unsigned int port)
{
	union address address = {};

	if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons((uint16_t)port);
	} else {
		inet_pton(AF_INET6, host, &address.v6.sin6_addr);
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons((uint16_t)port);
	}
	return address;
}

int stream(const union address *address, int flags)
{
	return socket(address->any.sa_family, SOCK_STREAM | flags, 0);
}

int listen_at(union address *address, int backlog, int protocol)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM, protocol);
	socklen_t size = sizeof(*address);

	if (fd < 0 || bind(fd, &address->any, length_of(address)) || listen(fd, backlog) ||
	    getsockname(fd, &address->any, &size))
		return -1;
	return fd;
}

int outcome_of(int fd, const union address *address)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	if (!connect(fd, &address->any, length_of(address)))
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	poll(&wait, 1, 20000);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

int blocking_outcome(const union address *address)
{
	int fd = stream(address, 0);
	int error = connect(fd, &address->any, length_of(address)) ? errno : 0;

	close(fd);
	return error;
}

int make_hole(union address *address)
{
	char name[16];
	int fd, filler;

	*address = at("127.0.0.1", 0);
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_NAME, "kt-filler");
	fd = listen_at(address, 0, 0);
	for (int i = 0; fd >= 0 && i < 2; i++) {
		filler = stream(address, SOCK_NONBLOCK);
		if (connect(filler, &address->any, length_of(address)) && errno != EINPROGRESS)
			return -1;
		usleep(10000);
	}
	prctl(PR_SET_NAME, name);
	return fd;
}
