/* SPDX-License-Identifier: MIT */
/*
 * peers.h: whom this host cannot do without: its gateways, its resolvers and
 * the far ends of login sessions. A policy that refuses one of them is likely a
 * mistake, and the last one that can be made from there.
 */
#ifndef KIDOS_POLICY_PEERS_H
#define KIDOS_POLICY_PEERS_H

#include "core/config.h"
#include "core/prefix.h"

#include <net/if.h>

enum kidos_peer_kind { KIDOS_PEER_GATEWAY, KIDOS_PEER_RESOLVER, KIDOS_PEER_LOGIN };

struct kidos_peer {
	enum kidos_peer_kind kind;
	struct kidos_prefix address; /* of full length */
	char interface[IF_NAMESIZE]; /* by which it is reached; "" where there is none */
};

#define KIDOS_PEERS_MAX 64

struct kidos_peers {
	struct kidos_peer items[KIDOS_PEERS_MAX];
	size_t count;
};

/* Those of the network namespace that we are in. Sessions: by ssh, and what utmp has. */
void kidos_peers_find(struct kidos_peers *peers);

struct kidos_policy_file;

/*
 * Those that the file refuses, as text, at interfaces for which is_watched says
 * true. How many there are; text has as many as fit.
 */
size_t kidos_peers_cut(const struct kidos_peers *peers, const struct kidos_policy_file *file,
		       bool (*is_watched)(const char *interface, const void *context),
		       const void *context, char text[KIDOS_REASON]);

#endif
