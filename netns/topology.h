/* SPDX-License-Identifier: MIT */
#ifndef KN_TOPOLOGY_H
#define KN_TOPOLOGY_H

/* A topology file as structs. Read by topology_read.c, cross-checked and linked up by
 * topology_check.c; nothing in here touches the kernel.
 */
#include "netlink/err.h"
#include "msg.h"

#include <linux/limits.h>

#define KN_NS_NAME 65 /* 64 and the NUL */
#define KN_TEXT 256

/* The kernel's names, and those of the keys in the file. */
enum kn_kind {
	KN_VETH,
	KN_BRIDGE,
	KN_VLAN,
	KN_MACVLAN,
	KN_UPLINK,
};
extern const char *const kn_kind_name[];

struct kn_sysctl {
	char key[128]; /* of a namespace "net.ipv4.ip_forward", of a link "ipv6.accept_dad" */
	char value[64];
};

struct kn_route {
	char text[192]; /* "default via 10.0.0.1 dev a0", for the plan */
	struct kn_prefix to, via, source;
	char dev[IFNAMSIZ];
	struct kn_link *link; /* dev, if it is named */
	uint32_t metric, table;
	bool onlink; /* via is a neighbour on dev, whatever dev's prefixes are */
};

struct kn_resolv {
	bool present;
	char (*nameservers)[KN_TEXT];
	char (*search)[KN_TEXT];
	char (*options)[KN_TEXT];
	size_t n_nameservers, n_search, n_options;
};

/* What status asks of a namespace beyond its own gateways. */
struct kn_health {
	char (*ping)[KN_TEXT];
	char (*resolve)[KN_TEXT];
	size_t n_ping, n_resolve;
};

struct kn_ns {
	char name[KN_NS_NAME]; /* empty: the namespace that kidos-netns was started in */
	struct kn_sysctl *sysctls;
	struct kn_route *routes;
	size_t n_sysctls, n_routes;
	struct kn_resolv resolv;
	struct kn_health health;
};

struct kn_link {
	enum kn_kind kind;
	char place[64]; /* in the file: veths[0].ends[1] */
	char name[IFNAMSIZ];
	char ns_name[KN_NS_NAME];
	struct kn_ns *ns;
	uint32_t mtu;
	bool has_mac;
	uint8_t mac[6];
	bool up, dhcp;
	bool no_arp; /* not for the uplink */
	bool no_dad; /* IPv6 addresses are usable at once (RFC 4862 5.4 left out) */
	struct kn_prefix *addrs;
	struct kn_sysctl *sysctls;
	size_t n_addrs, n_sysctls;
	struct kn_link *master; /* the bridge it is a member of */

	struct kn_link *peer; /* veth */
	bool second; /* veth: made together with its peer */

	bool stp; /* bridge */
	bool has_forward_delay;
	uint32_t forward_delay_cs;
	char (*members)[KN_TEXT];
	size_t n_members;

	char parent_name[IFNAMSIZ]; /* vlan, macvlan */
	struct kn_link *parent;
	uint32_t vlan_id;
	uint32_t vlan_protocol; /* 0x8100 or 0x88a8 */
	uint32_t macvlan_mode;

	bool by_default_route, by_mac; /* uplink: how it is found; else by name */
	char bridge[IFNAMSIZ]; /* uplink: shorthand for membership */
};

struct kn_mirror {
	char ns_name[KN_NS_NAME], from_name[IFNAMSIZ], to_name[IFNAMSIZ];
	struct kn_link *from, *to;
	bool in, out;
	uint32_t prio;
};

struct kn_topology {
	char file[KN_TEXT]; /* last part of the path, for messages */
	char name[KN_NS_NAME];
	char description[KN_TEXT];
	char *json; /* the file's text, kept with the state so that down knows what was built */
	struct kn_ns *ns; /* [0] is the namespace we were started in */
	size_t n_ns;
	struct kn_link *links;
	size_t n_links;
	struct kn_mirror *mirrors;
	size_t n_mirrors;
	struct kn_link *uplink; /* one of links, or NULL */
};

/* Opens and reads the file. As root it must belong to root and be writable by nobody else. */
int kn_topology_load(struct kn_topology **out, const char *path, struct kn_err *err);

/* The same from memory; file only names the place in messages. Frees nothing of text. */
int kn_topology_parse(struct kn_topology **out, const char *file, const char *text, size_t len,
		      struct kn_err *err);

void kn_topology_free(struct kn_topology *topo); /* NULL is fine */

/* Links names to structs and refuses what cannot be built; called by parse. */
int kn_topology_check(struct kn_topology *topo, struct kn_err *err);

struct kn_link *kn_topology_link(const struct kn_topology *topo, const struct kn_ns *ns,
				 const char *name);

#endif
