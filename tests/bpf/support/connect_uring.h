/* SPDX-License-Identifier: MIT */
/* connect_uring.h: connect() by io_uring, one at a time. */
#ifndef KIDOS_CONNECT_URING_H
#define KIDOS_CONNECT_URING_H

#include <sys/socket.h>

/* 0 or -errno: of the ring, or of the connect(). */
int connect_by_uring(int fd, const struct sockaddr *address, socklen_t size);

#endif
