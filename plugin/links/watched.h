/* SPDX-License-Identifier: MIT */
/* watched.h: what is known of the interfaces that are followed, and of their namespaces. */
#ifndef KIDOS_LINKS_WATCHED_H
#define KIDOS_LINKS_WATCHED_H

#include "core/config.h"
#include "links/attach.h"
#include "links/conserve.h"
#include "links/link.h"

struct kidos_rtnl;

/* An interface that programs hang on, or should. */
struct kidos_port_state {
	const struct kidos_interface_rule *rule;
	char name[IF_NAMESIZE];
	unsigned int slot; /* KIDOS_SLOT_OTHER when all slots are taken */
	unsigned int ifindex;
	bool seen; /* in the dump under way */
	const struct kidos_driver *driver;
	struct kidos_base base; /* of the conservation check */
	struct kidos_link_counters own; /* as last read */
	bool rebase; /* the interface's counters started again */
	struct kidos_attachment attachments[KIDOS_DIRECTIONS];
};

/* A network namespace that a rule names, or collectd's own (""). */
struct kidos_namespace {
	char name[KIDOS_NETNS_NAME];
	unsigned int number; /* in the programs' read-only data */
	unsigned long inode; /* 0: not there now */
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
