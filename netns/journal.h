/* SPDX-License-Identifier: MIT */
#ifndef KN_JOURNAL_H
#define KN_JOURNAL_H

#include "netlink/err.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of the uplink before it moves, written to disk and synced first. Addresses, routes and
 * everything else that the kernel dumps are kept as its own messages, so that no attribute is lost.
 */
struct kn_saved {
	char *text; /* for an administrator who has to restore it by hand */
	void *message;
	size_t len;
};

struct kn_saved_list {
	struct kn_saved *items;
	size_t n, room;
};

struct kn_saved_sysctl {
	char key[64]; /* "ipv4.rp_filter", "ipv4.neigh.gc_stale_time" */
	char value[64];
};

struct kn_journal {
	char ns[65]; /* where it goes */
	char boot_id[40];
	char *file, *topology; /* what up was given; NULL in a journal of an older version */
	char name[IFNAMSIZ];
	char kind[16];
	char device[64]; /* its place on the bus; empty: unknown */
	int ifindex;
	uint32_t mtu;
	bool up, has_mac, has_permanent_mac, has_token;
	uint8_t mac[6], permanent_mac[6], token[16];
	char (*altnames)[128];
	struct kn_saved_sysctl *sysctls;
	uint8_t (*multicast)[6]; /* link-layer groups joined by hand */
	size_t n_altnames, n_sysctls, n_multicast;
	/* Nexthop objects before the groups that they are in. */
	struct kn_saved_list addrs, neighbours, nexthops, routes;
};

void kn_journal_clear(struct kn_journal *journal);

/* Appends a copy. */
int kn_journal_add(struct kn_saved_list *list, const char *text, const void *message, size_t len);

/* Drops all but the first n. */
void kn_journal_cut(struct kn_saved_list *list, size_t n);

/* dir is LIB; the file is TOPOLOGY.uplink.json. write: what was written is read back and compared,
 * and is removed if it is not the same. read: -ENOENT if there is none.
 */
int kn_journal_write(int dir, const char *topology, const struct kn_journal *journal,
		     struct kn_err *err);
int kn_journal_read(int dir, const char *topology, struct kn_journal *journal, struct kn_err *err);
int kn_journal_remove(int dir, const char *topology, struct kn_err *err);

/* To and from memory; *text is the caller's to free. parse clears nothing on success. */
int kn_journal_format(const struct kn_journal *journal, char **text, struct kn_err *err);
int kn_journal_parse(const char *text, struct kn_journal *journal, struct kn_err *err);

#define KN_JOURNAL_SUFFIX ".uplink.json"

/* This boot's id, empty if it cannot be read. */
void kn_journal_boot_id(char id[40]);

#endif
