/* SPDX-License-Identifier: MIT */
/* listeners.h: what listens on this host, as it is learned. */
#ifndef KIDOS_CONNECTS_LISTENERS_H
#define KIDOS_CONNECTS_LISTENERS_H

#include "abi_connect.h"
#include "core/privacy.h"
#include "state/learned.h"

extern const struct kidos_learned_kind kidos_connect_ordinary;

/* Ports that the kernel gives to who asks for none: net.ipv4.ip_local_port_range. */
struct kidos_port_range {
	uint16_t first, last;
};

/* The kernel's default where the file cannot be read. path: of the file. */
struct kidos_port_range kidos_port_range_read(const char *path);

/*
 * "sshd 0.0.0.0:22", safe wherever it goes. A port that the kernel gave is
 * "any": the next time it is another.
 */
void kidos_connect_listener_name(const struct kidos_connect_socket *socket,
				 const struct kidos_port_range *given,
				 const struct kidos_privacy *privacy,
				 char name[KIDOS_LEARNED_NAME]);

#endif
