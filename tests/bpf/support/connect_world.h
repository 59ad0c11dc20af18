/* SPDX-License-Identifier: MIT */
/* connect_world.h: addresses, sockets and waits that the workers share. */
#ifndef KIDOS_CONNECT_WORLD_H
#define KIDOS_CONNECT_WORLD_H

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CLOSED 9 /* a port where nobody listens */

/* A worker fails with its line. */
#define EXPECT(condition)                                                                     \
	do {                                                                                  \
		if (condition)                                                                \
			break;                                                                \
		printf("# %s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno)); \
		return 1;                                                                     \
	} while (0)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

socklen_t length_of(const union address *address);
union address at(const char *host, unsigned int port);
int stream(const union address *address, int flags);

/* Listens at a port of its own, which it puts into *address. Its descriptor, or -1. */
int listen_at(union address *address, int backlog, int protocol);

/* errno of a connect() that is not waited for, and of what becomes of it. */
int outcome_of(int fd, const union address *address);
int blocking_outcome(const union address *address);

/* A listener that answers no further SYN. What fills it is of another name. */
int make_hole(union address *address);

#endif
