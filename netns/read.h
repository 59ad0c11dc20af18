/* SPDX-License-Identifier: MIT */
#ifndef KN_READ_H
#define KN_READ_H

/* rtnetlink messages to structs. Each reader takes one message, checks every length, and returns
 * -EBADMSG for what is not one of its kind; the struct is filled only on success.
 */
#include "msg.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define KN_ALTNAMES 32

struct kn_link_info {
	int ifindex;
	unsigned int flags; /* IFF_* */
	uint16_t type; /* ARPHRD_* */
	char name[IFNAMSIZ];
	char kind[16]; /* IFLA_INFO_KIND; empty for a device with hardware behind it */
	uint32_t mtu;
	uint8_t mac[6];
	uint8_t permanent_mac[6];
	bool has_mac, has_permanent_mac;
	int master; /* ifindex of the bridge, 0: none */
	int link; /* ifindex of the parent, a vxlan's device or the veth peer, 0: none */
	bool link_elsewhere; /* which is an interface of another namespace */
	char device[64]; /* its place on the bus, "0000:00:03.0" (kernel 5.14); empty: unknown */
	bool carrier;
	bool stp;
	uint32_t forward_delay_cs;
	uint16_t vlan_id, vlan_protocol;
	uint32_t macvlan_mode;
	bool has_token;
	uint8_t token[16]; /* the host part of its IPv6 addresses, if one was set (ip-token(8)) */
	uint8_t xdp_mode; /* XDP_ATTACHED_*, 0: none */
	uint32_t xdp_prog;
	unsigned int altnames;
	char altname[KN_ALTNAMES][128];
};
int kn_read_link(const struct nlmsghdr *nlh, struct kn_link_info *out);

struct kn_addr_info {
	int ifindex;
	struct kn_prefix addr; /* the interface's own address */
	uint8_t scope;
	uint32_t flags; /* IFA_F_* */
};
int kn_read_addr(const struct nlmsghdr *nlh, struct kn_addr_info *out);

struct kn_route_info {
	struct kn_route_spec route;
	uint8_t type, protocol, scope;
	bool cloned, multipath;
};
int kn_read_route(const struct nlmsghdr *nlh, struct kn_route_info *out);

struct kn_qdisc_info {
	int ifindex;
	uint32_t handle, parent;
	char kind[16];
};
int kn_read_qdisc(const struct nlmsghdr *nlh, struct kn_qdisc_info *out);

struct kn_filter_info {
	int ifindex;
	uint32_t parent, handle;
	uint16_t prio;
	char kind[16];
	bool mirrors; /* its action is mirred, egress mirror */
	int to;
	uint64_t packets, bytes;
};
int kn_read_filter(const struct nlmsghdr *nlh, struct kn_filter_info *out);

#endif
