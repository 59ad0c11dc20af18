/* SPDX-License-Identifier: MIT */
/* watched.h: what is known of the interfaces that are followed, and of their namespaces. */
#ifndef KIDOS_LINKS_WATCHED_H
#define KIDOS_LINKS_WATCHED_H

#include "core/config.h"
#include "links/attach.h"
#include "links/conserve.h"
#include "links/link.h"

struct kidos_rtnl;

/* What is to be done to an interface, by bit. */
#define KIDOS_TODO_ATTACH 1u
#define KIDOS_TODO_ORDER 2u

/*
 * An interface that programs hang on, or should. One thread alone changes what
 * is here, under the lock if others read it; but slot and base, which a poll
 * changes too.
 */
struct kidos_port_state {
	const struct kidos_interface_rule *rule;
	char name[IF_NAMESIZE];
	unsigned int slot; /* KIDOS_SLOT_OTHER when all slots are taken, and with the next */
	unsigned int refused; /* the slot that says why it is counted as other all the same; or 0 */
	unsigned int ifindex;
	bool seen; /* in the dump under way */
	unsigned int todo; /* planned, KIDOS_TODO_*; that thread's alone */
	const struct kidos_driver *driver;
	struct kidos_base base; /* of the conservation check */
	struct kidos_link_counters own; /* as last read */
	bool rebase; /* the base is of no use: the next poll's counts are */
	uint64_t tried_ns; /* when attaching was tried, CLOCK_MONOTONIC */
	uint64_t retry_ns; /* when it is to be tried again, 0: all is well */
	uint64_t ordered_ns; /* when it was last put before others, CLOCK_MONOTONIC */
	uint32_t behind[KIDOS_DIRECTIONS]; /* id of a program that runs before ours, or 0 */
	bool unread; /* the interface's counters, by the poll under way */
	struct kidos_attachment attachments[KIDOS_DIRECTIONS];
};

/* A network namespace that a rule names, or collectd's own (""). */
struct kidos_namespace {
	char name[KIDOS_NETNS_NAME];
	unsigned int number; /* in the programs' read-only data */
	unsigned long inode; /* 0: not there now */
	uint64_t retry_ns; /* its links could not be read: again then, CLOCK_MONOTONIC; or 0 */
	uint64_t looked_ns; /* when the order of programs was asked for */
	bool unusable; /* the log has a line that says so */
	struct kidos_rtnl *rtnl;
	struct kidos_traffic *traffic;
	struct kidos_port_state *ports;
	size_t port_count;
};

/* What a poll read of a slot. */
struct kidos_slot_counts {
	struct kidos_totals totals[KIDOS_DIRECTIONS];
	bool read;
};

#endif
