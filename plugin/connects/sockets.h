/* SPDX-License-Identifier: MIT */
/* sockets.h: the open TCP sockets of the host, read through the pinned walk, also without a daemon.
 */
#ifndef KIDOS_CONNECTS_SOCKETS_H
#define KIDOS_CONNECTS_SOCKETS_H

#include "abi_connect.h"

#include <stdbool.h>

#define KIDOS_CONNECT_SOCKETS_PIN "connect_list" /* in the state directory */

/* False ends the walk. */
typedef bool (*kidos_connect_take)(const struct kidos_connect_socket *socket, void *context);

/*
 * Gives each open TCP socket, listeners included, of all network namespaces.
 * path: the state directory. 0 or -errno: -ENOENT where no walk is pinned.
 */
int kidos_connect_sockets_each(const char *path, kidos_connect_take take, void *context);

#endif
