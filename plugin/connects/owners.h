/* SPDX-License-Identifier: MIT */
/*
 * owners.h: what is known of each owner's counters from one poll to the next:
 * what was read, and what of it was added to series.
 */
#ifndef KIDOS_CONNECTS_OWNERS_H
#define KIDOS_CONNECTS_OWNERS_H

#include "connects/tally.h"

/* Owners of no process: what the plugin adds up of those that are gone. The second: of ignored
 * ones. */
#define KIDOS_CONNECT_IS_GONE(owner) ((owner)->cgroup >= KIDOS_CONNECT_CGROUP_IGNORED)

struct kidos_connect_entry {
	struct kidos_connect_owner owner;
	size_t series; /* of the tally */
	bool ignored;
	bool gone; /* taken over by another, to be forgotten */
	unsigned int moved; /* number of the last poll that found more */
	struct kidos_connect_counts now; /* as last read */
	struct kidos_connect_live live; /* as last read; zeros: it has no socket */
	uint64_t failed[KIDOS_CONNECT_PROTOCOLS]; /* as last read */
	/* Added to series. */
	uint64_t attempts, accepts, rx, tx;
	uint64_t latency[KIDOS_CONNECT_BUCKETS];
	uint64_t judged, judged_failed; /* TCP */
};

struct kidos_connect_owners {
	struct kidos_connect_entry *entries;
	size_t count, room; /* room grows up to KIDOS_CONNECT_ENTRIES */
	uint16_t *places; /* open addressing: entry + 1, 0 free */
	uint64_t seed;
};

/* Of both maps by owner: each may have some that the other lacks. */
#define KIDOS_CONNECT_ENTRIES (KIDOS_CONNECT_OWNERS + KIDOS_CONNECT_OWNERS / 4) /* at most */

/* Bytes that it allocates for so many entries of `connect_owners`. */
uint64_t kidos_connect_owners_bytes(uint32_t owners);

/* 0 or -ENOMEM; free it either way. */
int kidos_connect_owners_init(struct kidos_connect_owners *owners);
void kidos_connect_owners_free(struct kidos_connect_owners *owners);

/* NULL: there is none. Entries move when one is added or removed. */
struct kidos_connect_entry *kidos_connect_owner_find(const struct kidos_connect_owners *owners,
						     const struct kidos_connect_owner *owner);

/* Makes it if need be; made says so. NULL: no room. */
struct kidos_connect_entry *kidos_connect_owner_get(struct kidos_connect_owners *owners,
						    const struct kidos_connect_owner *owner,
						    bool *made);

/*
 * The counts of one owner were added to another's in the maps: what was added
 * to series of the one is the other's, and the one is forgotten at
 * kidos_connect_owners_forget(). False: no room for the other.
 */
bool kidos_connect_owner_move(struct kidos_connect_owners *owners,
			      const struct kidos_connect_owner *from,
			      const struct kidos_connect_owner *to);
void kidos_connect_owners_forget(struct kidos_connect_owners *owners);

/* Sums over all protocols. */
uint64_t kidos_connect_sum(const __u64 counts[KIDOS_CONNECT_PROTOCOLS]);

/* Payload of its sockets, closed and open. */
uint64_t kidos_connect_rx(const struct kidos_connect_entry *entry);
uint64_t kidos_connect_tx(const struct kidos_connect_entry *entry);

/* Adds to the series what is new; what has to wait is added at a later poll. */
void kidos_connect_owner_add(struct kidos_connect_entry *entry, struct kidos_connect_tally *tally);

#endif
