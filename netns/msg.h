/* SPDX-License-Identifier: MIT */
#ifndef KN_MSG_H
#define KN_MSG_H

/* rtnetlink requests, built into the caller's buffer of KN_MSG_SIZE bytes and not sent: a unit test
 * reads them back without root. Flags, type and body are complete; the sequence number is set by
 * whoever sends. Every builder returns the message at the start of the buffer.
 */
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KN_MSG_SIZE 4096

/* An address with its prefix length, IPv4 or IPv6, in network order. */
struct kn_prefix {
	uint8_t family;
	uint8_t len;
	uint8_t bytes[16];
};

/* What a link is created with. */
struct kn_link_spec {
	const char *name;
	int ns_fd; /* namespace to be born in; -1: the socket's own */
	uint32_t mtu; /* 0: the kernel's choice */
	const uint8_t *mac; /* 6 bytes; NULL: the kernel's choice */
	bool no_arp; /* neither asks nor answers neighbours (IFF_NOARP) */
};

struct nlmsghdr *kn_msg_link_get(void *buf, const char *name);
struct nlmsghdr *kn_msg_link_dump(void *buf);
struct nlmsghdr *kn_msg_link_del(void *buf, int ifindex);
struct nlmsghdr *kn_msg_veth_new(void *buf, const struct kn_link_spec *end,
				 const struct kn_link_spec *peer);
struct nlmsghdr *kn_msg_bridge_new(void *buf, const struct kn_link_spec *spec, bool stp,
				   uint32_t forward_delay_cs);
struct nlmsghdr *kn_msg_bridge_set(void *buf, int ifindex, bool stp, uint32_t forward_delay_cs);
struct nlmsghdr *kn_msg_vlan_new(void *buf, const struct kn_link_spec *spec, int parent,
				 uint16_t id, uint16_t ethertype);
struct nlmsghdr *kn_msg_macvlan_new(void *buf, const struct kn_link_spec *spec, int parent,
				    uint32_t mode);

/* Changes to an existing link. mtu 0, mac NULL or name NULL: not changed. */
struct nlmsghdr *kn_msg_link_flags(void *buf, int ifindex, unsigned int flags, unsigned int mask);
struct nlmsghdr *kn_msg_link_master(void *buf, int ifindex, int master);
struct nlmsghdr *kn_msg_link_attrs(void *buf, int ifindex, uint32_t mtu, const uint8_t *mac);
struct nlmsghdr *kn_msg_link_move(void *buf, int ifindex, int ns_fd, const char *name);
struct nlmsghdr *kn_msg_link_rename(void *buf, int ifindex, const char *name);
struct nlmsghdr *kn_msg_altname_add(void *buf, int ifindex, const char *altname);

struct nlmsghdr *kn_msg_link_token(void *buf, int ifindex, const uint8_t token[16]);

/* flags: IFA_F_NODAD or 0 */
struct nlmsghdr *kn_msg_addr_new(void *buf, int ifindex, const struct kn_prefix *addr,
				 uint8_t flags);
struct nlmsghdr *kn_msg_addr_del(void *buf, int ifindex, const struct kn_prefix *addr);
struct nlmsghdr *kn_msg_addr_dump(void *buf, int ifindex);

/* family: AF_INET, AF_INET6, or AF_BRIDGE for link-layer addresses; flags: NTF_PROXY or 0 */
struct nlmsghdr *kn_msg_neigh_dump(void *buf, uint8_t family, uint8_t flags);

struct kn_route_spec {
	struct kn_prefix to; /* family AF_INET or AF_INET6; len 0: default */
	struct kn_prefix via; /* family 0: none */
	struct kn_prefix source; /* preferred source; family 0: none */
	int oif; /* 0: none */
	uint32_t metric; /* 0: the kernel's choice */
	uint32_t table;
	uint8_t protocol; /* who made it; 0: static. What is deleted must have it too. */
	bool onlink; /* the gateway is a neighbour on oif, whatever the link's prefixes are */
};
struct nlmsghdr *kn_msg_route_new(void *buf, const struct kn_route_spec *route);
/* In place of the one with its table, destination and metric. */
struct nlmsghdr *kn_msg_route_replace(void *buf, const struct kn_route_spec *route);
struct nlmsghdr *kn_msg_route_del(void *buf, const struct kn_route_spec *route);
struct nlmsghdr *kn_msg_route_dump(void *buf, uint8_t family);
/* The way that a packet to a host's address (of 32 or 128 bits) would take; whole: the route with
 * all its paths instead (kernel 4.13).
 */
struct nlmsghdr *kn_msg_route_get(void *buf, const struct kn_prefix *to, bool whole);
struct nlmsghdr *kn_msg_nexthop_dump(void *buf);

enum kn_direction {
	KN_IN = 0,
	KN_OUT = 1,
};

enum kn_classifier {
	KN_MATCHALL, /* kernel 4.8, a module of its own that small kernels leave out */
	KN_U32,
};

struct kn_mirror_spec {
	int from;
	int to;
	enum kn_direction direction;
	uint16_t prio;
	enum kn_classifier classifier;
};

/* A filter's handle within its priority, which distinguishes those of the two hooks: u32 keeps the
 * tables of both in one place, and a dump of either shows both.
 */
static inline uint32_t kn_mirror_node(enum kn_direction direction)
{
	return 1U + direction;
}

struct nlmsghdr *kn_msg_clsact_new(void *buf, int ifindex);
struct nlmsghdr *kn_msg_clsact_del(void *buf, int ifindex);
struct nlmsghdr *kn_msg_qdisc_dump(void *buf, int ifindex);
struct nlmsghdr *kn_msg_mirror_new(void *buf, const struct kn_mirror_spec *mirror);
struct nlmsghdr *kn_msg_mirror_del(void *buf, const struct kn_mirror_spec *mirror);
struct nlmsghdr *kn_msg_filter_dump(void *buf, int ifindex, enum kn_direction direction);

#endif
