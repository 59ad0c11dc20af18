/* SPDX-License-Identifier: MIT */
/*
 * whose.h: whose a connection is, by its addresses and ports: a table of fixed size, in which
 * those that ended or were not asked for longest make room.
 */
#ifndef KIDOS_CONNECTS_WHOSE_H
#define KIDOS_CONNECTS_WHOSE_H

#include "abi_connect.h"
#include "core/privacy.h"
#include "core/whose.h"

#include <stddef.h>

#define KIDOS_CONNECT_KNOWN 65536u

struct kidos_connect_table;

/* One end of a connection, and whose it is. */
struct kidos_connect_known {
	union kidos_address src, dst; /* src: its own; zeros: any */
	uint16_t sport, dport;
	uint32_t netns;
	struct kidos_connect_owner owner;
	uint32_t pid;
	uint8_t protocol; /* IPPROTO_* of its packets */
	uint64_t begin, end; /* CLOCK_BOOTTIME, ns; end 0: it has not ended */
	uint64_t at; /* when that was so; then, when it was asked for last */
};

/* Of a record, or of an open socket. False: there is nothing to be known of it. */
bool kidos_connect_known_by_record(const struct kidos_connect_record *record,
				   struct kidos_connect_known *known);
bool kidos_connect_known_by_socket(const struct kidos_connect_socket *socket, uint64_t now,
				   struct kidos_connect_known *known);

/* entries: a power of two, 8 or more. seed: of the hash. NULL without memory. */
struct kidos_connect_table *kidos_connect_table_new(size_t entries, uint64_t seed);
void kidos_connect_table_free(struct kidos_connect_table *table);
void kidos_connect_table_clear(struct kidos_connect_table *table);
size_t kidos_connect_table_bytes(size_t entries);

/* What is known comes in any order, and more than once. */
void kidos_connect_table_put(struct kidos_connect_table *table,
			     const struct kidos_connect_known *known);

/*
 * The end that the packet came from, else the one it goes to; at each the one in the packet's own
 * namespace, else in the only other one. Of those that had it one after the other, whose it was at
 * the time. NULL: it is not known.
 */
const struct kidos_connect_known *kidos_connect_table_find(struct kidos_connect_table *table,
							   const struct kidos_whose *packet);

/* What is said of an owner, remembered. */
#define KIDOS_CONNECT_WORDS 256u
struct kidos_connect_words {
	struct kidos_connect_owner owner;
	uint32_t pid; /* 0: none */
	char text[KIDOS_WHOSE_WORDS];
};

/* unit: raw, "": not known. */
void kidos_connect_say(const struct kidos_connect_known *known, const char *unit,
		       const struct kidos_privacy *privacy, char words[KIDOS_WHOSE_WORDS]);

#endif
