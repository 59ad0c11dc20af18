/* SPDX-License-Identifier: MIT */
/* group.h: sums of flows that share a part of their key. */
#ifndef KIDOS_FLOWS_GROUP_H
#define KIDOS_FLOWS_GROUP_H

#include "flows/rows.h"

/* In the order of kidos_flow_group_names; a prefix is named by its lengths. */
enum kidos_flow_group_by {
	KIDOS_GROUP_NONE,
	KIDOS_GROUP_SRC,
	KIDOS_GROUP_DST,
	KIDOS_GROUP_HOST, /* a flow counts at both of its ends, once if they are one */
	KIDOS_GROUP_PORT, /* ... and so here */
	KIDOS_GROUP_PROTO,
	KIDOS_GROUP_INTERFACE,
	KIDOS_GROUP_PREFIX, /* like host, by the first bits of the address */
	KIDOS_GROUPS
};
extern const char *const kidos_flow_group_names[KIDOS_GROUPS];

struct kidos_flow_grouping {
	enum kidos_flow_group_by by;
	unsigned int bits_v4, bits_v6; /* of KIDOS_GROUP_PREFIX */
};

/* A name, or prefix lengths: "24" (IPv6 by 64 then), "24,48"; one above 32 is IPv6's. */
bool kidos_flow_grouping_parse(const char *text, struct kidos_flow_grouping *grouping);

/* The keys of the groups a flow belongs to, 1 or 2. The part that counts is in src or sport. */
unsigned int kidos_flow_group_keys(const struct kidos_flow_grouping *grouping,
				   const struct kidos_flow_key *key, struct kidos_flow_key keys[2]);

/* An open-addressed table of sums. */
struct kidos_flow_groups {
	struct kidos_flow_grouping grouping;
	uint64_t seed;
	size_t count;
	size_t room; /* of rows; places are twice as many, a power of two */
	struct kidos_flow_row *rows;
	uint32_t *places; /* index into rows + 1, 0: free */
};

bool kidos_flow_groups_add(struct kidos_flow_groups *groups, const struct kidos_flow_row *row);
void kidos_flow_groups_free(struct kidos_flow_groups *groups);

/* What a group's key stands for; interfaces are named by the caller. */
#define KIDOS_TEXT_GROUP 56
void kidos_flow_group_text(const struct kidos_flow_grouping *grouping,
			   const struct kidos_flow_key *key, char text[KIDOS_TEXT_GROUP]);

#endif
