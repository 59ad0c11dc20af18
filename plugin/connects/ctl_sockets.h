/* SPDX-License-Identifier: MIT */
/* ctl_sockets.h: the TCP sockets that are open now: `connections live` and `listeners`. */
#ifndef KIDOS_CONNECTS_CTL_SOCKETS_H
#define KIDOS_CONNECTS_CTL_SOCKETS_H

#include "connects/cgroups.h"
#include "connects/ctl.h"

struct ctl_sockets {
	const struct ctl_sockets_settings *settings;
	const struct ctl_state *state;
	bool listening; /* those alone, else the others */
	struct kidos_connect_cgroups cgroups;
	struct kidos_connect_socket *sockets; /* with what is hidden taken out, in order */
	size_t count, room;
	bool failed; /* no memory */
};

const char *ctl_socket_state(const struct kidos_connect_socket *socket);
uint32_t ctl_socket_pid(const struct kidos_connect_socket *socket);

#endif
