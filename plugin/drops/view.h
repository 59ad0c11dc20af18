/* SPDX-License-Identifier: MIT */
/* view.h: recent drops out of the per-CPU rings, and which of them are meant. */
#ifndef KIDOS_DROPS_VIEW_H
#define KIDOS_DROPS_VIEW_H

#include "abi_drop.h"
#include "core/flow_filter.h"

/* A record that was read whole. */
struct kidos_drop_view {
	struct kidos_drop_record record;
	uint64_t time_ns; /* CLOCK_REALTIME */
};

/*
 * Reads a record while the programs write; false: empty, being written, or not of this ABI.
 * boot_ns: kidos_boot_ns().
 */
bool kidos_drop_read(const struct kidos_drop_record *record, uint64_t boot_ns,
		     struct kidos_drop_view *view);

/* Everything that is set must hold. */
struct kidos_drop_filter {
	struct kidos_flow_filter ends; /* its addresses and ports alone count */
	int class; /* enum kidos_class or KIDOS_FILTER_ANY */
	int protocol; /* number or KIDOS_FILTER_ANY */
	uint32_t pid; /* of the owner, bystanders excepted; 0: any */
	uint64_t since_ns; /* CLOCK_REALTIME */
};
#define KIDOS_DROP_FILTER_ALL                                             \
	{                                                                 \
		.ends = KIDOS_FLOW_FILTER_ALL, .class = KIDOS_FILTER_ANY, \
		.protocol = KIDOS_FILTER_ANY                              \
	}

bool kidos_drop_matches(const struct kidos_drop_filter *filter, const struct kidos_drop_view *view);

/* Does it ask for more than the counts know, which have only the class? */
bool kidos_drop_filter_needs_records(const struct kidos_drop_filter *filter);

/* A class by name (arp, other_ip), else a protocol by name or number, into class or protocol. */
bool kidos_drop_proto_parse(const char *text, struct kidos_drop_filter *filter);

bool kidos_drop_has_ports(const struct kidos_drop_record *record);

#define KIDOS_TEXT_END (46 + 8)
/* "192.0.2.1:443", "[2001:db8::1]:443", without the port where there is none; "-" without address.
 */
void kidos_drop_source(const struct kidos_drop_record *record, char text[KIDOS_TEXT_END]);
void kidos_drop_destination(const struct kidos_drop_record *record, char text[KIDOS_TEXT_END]);

#define KIDOS_TEXT_OWNER 96
/* "nginx[123]"; "uid 33, cgroup 17" of a socket alone; "(nginx[123])" for a bystander; "-". */
void kidos_drop_owner(const struct kidos_drop_record *record, char text[KIDOS_TEXT_OWNER]);
/* The command's name alone, escaped. */
void kidos_drop_command(const struct kidos_drop_record *record, char text[KIDOS_TEXT_OWNER]);

#define KIDOS_TEXT_PROTOCOL 24
/* "tcp", "icmp 3/1", "arp", "ethertype 0x88cc". */
void kidos_drop_protocol(const struct kidos_drop_record *record, char text[KIDOS_TEXT_PROTOCOL]);

extern const char *const kidos_owner_names[KIDOS_OWNERS];

#endif
