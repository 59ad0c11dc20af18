/* SPDX-License-Identifier: MIT */
#include "policy/peers.h"
#include "core/flow_key.h"
#include "netlink/cleanup.h"
#include "policy/file.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <utmpx.h>

#define SSH_PORT 22
#define TCP_ESTABLISHED 1
#define ROUTE_GATEWAY 2 /* RTF_GATEWAY */

static const char *const kind_names[] = {
	[KIDOS_PEER_GATEWAY] = "the gateway",
	[KIDOS_PEER_RESOLVER] = "the resolver",
	[KIDOS_PEER_LOGIN] = "the login session from",
};

static bool is_same(const struct kidos_prefix *one, const struct kidos_prefix *other)
{
	return one->ipv4 == other->ipv4 &&
	       !memcmp(&one->address, &other->address, sizeof(one->address));
}

static bool is_loopback(const struct kidos_prefix *address)
{
	static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;

	return address->ipv4 ? address->address.bytes[12] == 127
			     : !memcmp(address->address.bytes, &loopback, sizeof(loopback));
}

static bool is_of(const struct ifaddrs *item, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (!item->ifa_addr || item->ifa_addr->sa_family != address->ss_family)
		return false;
	if (address->ss_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)item->ifa_addr)
			       ->sin_addr.s_addr == v4->sin_addr.s_addr;
	return !memcmp(&((const struct sockaddr_in6 *)(const void *)item->ifa_addr)->sin6_addr,
		       &v6->sin6_addr, sizeof(v6->sin6_addr));
}

/* The interface that has the address. */
static void name_interface(const struct sockaddr_storage *own, char interface[IF_NAMESIZE])
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *item = all; item; item = item->ifa_next)
		if (is_of(item, own))
			snprintf(interface, IF_NAMESIZE, "%s", item->ifa_name);
	freeifaddrs(all);
}

static socklen_t socket_address(const struct kidos_prefix *address, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *v6 = (void *)to;
	struct sockaddr_in *v4 = (void *)to;

	*to = (struct sockaddr_storage){};
	if (address->ipv4) {
		*v4 = (struct sockaddr_in){ .sin_family = AF_INET,
					    .sin_port = htons(9),
					    .sin_addr = { address->address.words[3] } };
		return sizeof(*v4);
	}
	*v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(9) };
	memcpy(&v6->sin6_addr, address->address.bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

/* The kernel picks a route as a datagram socket is connected; nothing is sent. */
static void find_interface(struct kidos_peer *peer)
{
	struct sockaddr_storage to, own = {};
	socklen_t size = socket_address(&peer->address, &to), room = sizeof(own);
	_cleanup_fd_ int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (void *)&to, size) && !getsockname(fd, (void *)&own, &room))
		name_interface(&own, peer->interface);
}

/* interface NULL: as routed */
static void add(struct kidos_peers *peers, enum kidos_peer_kind kind,
		const struct kidos_prefix *address, const char *interface)
{
	struct kidos_peer *peer = &peers->items[peers->count];

	for (size_t i = 0; i < peers->count; i++)
		if (peers->items[i].kind == kind && is_same(&peers->items[i].address, address))
			return;
	if (peers->count == KIDOS_PEERS_MAX || is_loopback(address))
		return;
	*peer = (struct kidos_peer){ .kind = kind, .address = *address };
	if (interface)
		snprintf(peer->interface, sizeof(peer->interface), "%s", interface);
	else
		find_interface(peer);
	peers->count++;
}

static struct kidos_prefix from_v4(uint32_t address)
{
	struct kidos_prefix prefix = { .ipv4 = true, .bits = 32 };

	prefix.address.words[2] = htonl(0xffff);
	prefix.address.words[3] = address;
	return prefix;
}

/* v4-mapped, as sockets that take both families have them, is IPv4. */
static struct kidos_prefix from_v6(const uint32_t words[4])
{
	struct kidos_prefix prefix = { .bits = 128 };

	if (!words[0] && !words[1] && words[2] == htonl(0xffff))
		return from_v4(words[3]);
	memcpy(prefix.address.words, words, sizeof(prefix.address.words));
	return prefix;
}

/* "eth0 00000000 0100A8C0 0003 ...": destination, gateway, flags; words as they lie in memory. */
static void add_gateways4(struct kidos_peers *peers)
{
	_cleanup_file_ FILE *file = fopen("/proc/net/route", "re");
	uint32_t destination, gateway, flags, mask;
	char interface[IF_NAMESIZE], line[256];

	while (file && fgets(line, sizeof(line), file)) {
		struct kidos_prefix address;

		if (sscanf(line, "%15s %" SCNx32 " %" SCNx32 " %" SCNx32 " %*s %*s %*s %" SCNx32,
			   interface, &destination, &gateway, &flags, &mask) != 5 ||
		    destination || mask || !(flags & ROUTE_GATEWAY))
			continue;
		address = from_v4(gateway);
		add(peers, KIDOS_PEER_GATEWAY, &address, interface);
	}
}

/* 32 digits: the bytes in their order. */
static struct kidos_prefix from_digits(const char *digits)
{
	uint32_t words[4] = {};

	for (unsigned int i = 0; i < 4; i++) {
		char part[9] = "";

		memcpy(part, digits + 8 * (size_t)i, 8);
		words[i] = htonl((uint32_t)strtoul(part, NULL, 16));
	}
	return from_v6(words);
}

/* Destination, length, source, length, next hop, metric, two counts, flags, interface. */
static void add_gateways6(struct kidos_peers *peers)
{
	_cleanup_file_ FILE *file = fopen("/proc/net/ipv6_route", "re");
	char hop[33], interface[IF_NAMESIZE], line[256];
	uint32_t length, flags;

	while (file && fgets(line, sizeof(line), file)) {
		struct kidos_prefix address;

		if (sscanf(line, "%*32s %" SCNx32 " %*32s %*s %32s %*s %*s %*s %" SCNx32 " %15s",
			   &length, hop, &flags, interface) != 4 ||
		    length || !(flags & ROUTE_GATEWAY) || strlen(hop) != 32)
			continue;
		address = from_digits(hop);
		add(peers, KIDOS_PEER_GATEWAY, &address, interface);
	}
}

static void add_resolvers(struct kidos_peers *peers)
{
	_cleanup_file_ FILE *file = fopen("/etc/resolv.conf", "re");
	char word[64], line[512];

	while (file && fgets(line, sizeof(line), file)) {
		struct kidos_prefix address;

		if (sscanf(line, " nameserver %63[0-9a-fA-F.:]", word) == 1 &&
		    kidos_prefix_parse(word, &address))
			add(peers, KIDOS_PEER_RESOLVER, &address, NULL);
	}
}

static void add_logins(struct kidos_peers *peers)
{
	const struct utmpx *entry;

	setutxent();
	while ((entry = getutxent())) {
		const uint32_t *words = (const uint32_t *)entry->ut_addr_v6;
		struct kidos_prefix address =
			words[1] || words[2] || words[3] ? from_v6(words) : from_v4(words[0]);

		if (entry->ut_type == USER_PROCESS && words[0])
			add(peers, KIDOS_PEER_LOGIN, &address, NULL);
	}
	endutxent();
}

/* Connections of sshd, by its port: not every host keeps utmp. */
static void add_ssh(struct kidos_peers *peers, const char *path)
{
	_cleanup_file_ FILE *file = fopen(path, "re");
	uint32_t port, state;
	char far[33], line[512];

	while (file && fgets(line, sizeof(line), file)) {
		struct kidos_prefix address;
		uint32_t words[4] = {};

		if (sscanf(line, " %*d: %*32[0-9A-F]:%" SCNx32 " %32[0-9A-F]:%*x %" SCNx32, &port,
			   far, &state) != 3 ||
		    port != SSH_PORT || state != TCP_ESTABLISHED)
			continue;
		/* Each word as it lies in memory. */
		for (size_t i = 0; i < strlen(far) / 8; i++)
			sscanf(far + 8 * i, "%8" SCNx32, &words[i]);
		address = strlen(far) == 8 ? from_v4(words[0]) : from_v6(words);
		add(peers, KIDOS_PEER_LOGIN, &address, NULL);
	}
}

/* The session that this process is of: "CLIENT PORT SERVER PORT". */
static void add_own_session(struct kidos_peers *peers)
{
	const char *session = getenv("SSH_CONNECTION");
	struct kidos_prefix address;
	char client[64];

	if (session && sscanf(session, "%63s", client) == 1 && kidos_prefix_parse(client, &address))
		add(peers, KIDOS_PEER_LOGIN, &address, NULL);
}

void kidos_peers_find(struct kidos_peers *peers)
{
	peers->count = 0;
	add_gateways4(peers);
	add_gateways6(peers);
	add_resolvers(peers);
	add_own_session(peers);
	add_logins(peers);
	add_ssh(peers, "/proc/net/tcp");
	add_ssh(peers, "/proc/net/tcp6");
}

/* A few addresses: the list is searched as it is. */
static bool is_refused(const struct kidos_policy *policy, const struct kidos_prefix *address)
{
	enum kidos_policy_family family = address->ipv4 ? KIDOS_POLICY_IPV4 : KIDOS_POLICY_IPV6;
	bool permitted = !policy->families[family];
	int longest = -1;

	for (size_t i = 0; i < policy->count; i++) {
		const struct kidos_policy_prefix *entry = &policy->prefixes[i];

		if (entry->prefix.ipv4 != address->ipv4 || (int)entry->prefix.bits <= longest ||
		    !kidos_prefix_holds(&entry->prefix, &address->address))
			continue;
		longest = (int)entry->prefix.bits;
		permitted = entry->permit;
	}
	return !permitted;
}

size_t kidos_peers_cut(const struct kidos_peers *peers, const struct kidos_policy_file *file,
		       bool (*is_watched)(const char *interface, const void *context),
		       const void *context, char text[KIDOS_REASON])
{
	size_t cut = 0, used = 0;

	*text = '\0';
	for (size_t i = 0; i < peers->count; i++) {
		const struct kidos_peer *peer = &peers->items[i];
		char address[KIDOS_TEXT_ADDRESS];

		if (!*peer->interface || !is_watched(peer->interface, context) ||
		    !is_refused(&file->policies[kidos_policy_for(file, peer->interface, "")],
				&peer->address))
			continue;
		kidos_address_text(&peer->address.address, peer->address.ipv4, address);
		if (used < KIDOS_REASON - 1)
			used += (size_t)snprintf(text + used, KIDOS_REASON - used, "%s%s %s",
						 cut ? ", " : "", kind_names[peer->kind], address);
		cut++;
	}
	return cut;
}
