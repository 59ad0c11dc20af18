/* SPDX-License-Identifier: MIT */
#ifndef KN_JOURNAL_H
#define KN_JOURNAL_H

#include "netlink/err.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the uplink was before it moved, on disk and synced before it does. Addresses and routes are
 * kept as the kernel's own messages, so that nothing of them is lost on the way back.
 */
struct kn_saved {
	char *text; /* for people who have to do it by hand */
	void *message;
	size_t len;
};

struct kn_saved_sysctl {
	char key[64];
	char value[64];
};

struct kn_journal {
	char ns[65]; /* where it goes */
	char boot_id[40];
	char name[IFNAMSIZ];
	char kind[16];
	int ifindex;
	uint32_t mtu;
	bool up, has_mac, has_permanent_mac;
	uint8_t mac[6], permanent_mac[6];
	char (*altnames)[128];
	struct kn_saved *addrs, *routes;
	struct kn_saved_sysctl *sysctls;
	size_t n_altnames, n_addrs, n_routes, n_sysctls;
};

void kn_journal_clear(struct kn_journal *journal);

/* Appends to one of the lists; copies. */
int kn_journal_add(struct kn_saved **list, size_t *n, const char *text, const void *message,
		   size_t len);

/* dir is LIB; the file is TOPOLOGY.uplink.json. read: -ENOENT if there is none. */
int kn_journal_write(int dir, const char *topology, const struct kn_journal *journal,
		     struct kn_err *err);
int kn_journal_read(int dir, const char *topology, struct kn_journal *journal, struct kn_err *err);
int kn_journal_remove(int dir, const char *topology, struct kn_err *err);

/* From memory, for tests; clears nothing on success. */
int kn_journal_parse(const char *text, struct kn_journal *journal, struct kn_err *err);

/* This boot's id, empty if the kernel tells none. */
void kn_journal_boot_id(char id[40]);

#endif
