/* SPDX-License-Identifier: MIT */
/* link.h: a network interface as kidos sees it. */
#ifndef KIDOS_LINKS_LINK_H
#define KIDOS_LINKS_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The interface's own counters, since it was made. */
struct kidos_link_counters {
	uint64_t packets[2]; /* by enum kidos_direction */
	uint64_t bytes[2];
	uint64_t dropped[2];
	uint64_t qdisc_drops; /* sent packets that the root qdisc dropped */
	uint64_t qdisc_queued; /* packets in it now */
	uint32_t qdisc; /* its handle; another one has drops of its own */
};

struct kidos_link {
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	char altnames[256]; /* one behind the other, each with its NUL: as many as fit */
	char kind[16]; /* of a virtual link: veth, bridge, ...; else "" */
	char driver[32]; /* as ethtool has it; "" when there is none */
	unsigned short type; /* ARPHRD_* */
	bool has_device; /* hardware, real or emulated, is behind it */
	bool default_route;
	bool queues; /* it has a root qdisc, whose counters are told apart */
	struct kidos_link_counters counters;
	uint64_t missed; /* received, but the host had no room for them */
	uint64_t overrun; /* the same under another name, or of another queue */
};

struct kidos_links {
	struct kidos_link *items;
	size_t count;
};

/* Hook: skbs, without the tag in their metadata. Wire: segments, with tags. */
enum kidos_unit {
	KIDOS_UNIT_HOOK,
	KIDOS_UNIT_WIRE,
	KIDOS_UNIT_BETWEEN, /* depends on where tag and segments were made */
	KIDOS_UNIT_UNKNOWN, /* not compared */
	KIDOS_UNIT_AT_LEAST, /* of packets: and messages of the link's own, which come by no hook */
};

/* What an interface counts for a packet of ours. */
struct kidos_count_rule {
	enum kidos_unit packets, bytes;
	int beside_low,
		beside_high; /* bytes more per packet: -14 without Ethernet header, 4 with FCS */
};

/* How an interface's driver counts, and what its XDP does to traffic. */
struct kidos_driver {
	const char *name; /* as ethtool has it, or the link's kind */
	struct kidos_count_rule rules[2]; /* by enum kidos_direction */
	bool xdp_harmless; /* native XDP was tried and costs other traffic nothing */
};

/*
 * Never NULL: unknown hardware counts what the wire carries, and nothing is
 * known of other unknown links (ifb, for one, receives at no hook).
 */
const struct kidos_driver *kidos_driver_of(const struct kidos_link *link);

/* By its name or one of its altnames. */
bool kidos_link_is_called(const struct kidos_link *link, const char *name);

/* Do frames start with an Ethernet header? */
bool kidos_link_is_ethernet(const struct kidos_link *link);

struct kidos_link *kidos_links_at(const struct kidos_links *links, unsigned int ifindex);
const struct kidos_link *kidos_links_find(const struct kidos_links *links, const char *name);
/*
 * Takes in what newer has and frees it: a link that both have, by index or, where it has one, by
 * name, is newer's. 0, or -ENOMEM with some missing.
 */
int kidos_links_merge(struct kidos_links *links, struct kidos_links *newer);
void kidos_links_free(struct kidos_links *links);

#endif
