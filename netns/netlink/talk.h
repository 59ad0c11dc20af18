/* SPDX-License-Identifier: MIT */
#ifndef KN_NETLINK_TALK_H
#define KN_NETLINK_TALK_H

#include "netlink/err.h"

#include <libmnl/libmnl.h>
#include <stdatomic.h>
#include <stdbool.h>

struct kn_talk;

/* Messages over all sockets and threads of this process, for tests, the benchmark and --verbose. */
struct kn_talk_count {
	atomic_ulong sent;
	atomic_ulong received;
	atomic_ulong repeated; /* dumps that were interrupted, requests sent again */
};
extern struct kn_talk_count kn_talk_count;

/* For tests, NULL else: asked before each change; true fails that change unsent. */
extern bool (*kn_talk_fault)(void);

/* Opens rtnetlink in the network namespace that the thread is in now. The caller closes it. */
int kn_talk_open(struct kn_talk **out, struct kn_err *err);
/* The same over a socket that is open and bound; closed with it, also on failure. */
int kn_talk_adopt(struct kn_talk **out, int fd, struct kn_err *err);

void kn_talk_close(struct kn_talk *talk); /* NULL is fine */

/* Sends a request that asks for an ack and waits for it. The error text is the kernel's own. */
int kn_talk_do(struct kn_talk *talk, struct nlmsghdr *nlh, struct kn_err *err);

/* Sends a GET whose answer is one message, handed to each. */
int kn_talk_get(struct kn_talk *talk, struct nlmsghdr *nlh, mnl_cb_t each, void *data,
		struct kn_err *err);

/* A dump starts over when the kernel reports that the table changed meanwhile (NLM_F_DUMP_INTR):
 * begin, if not NULL, drops what each has collected so far. If every try was interrupted, returns
 * -EINTR, and each has collected what the last try had.
 */
struct kn_dump {
	void (*begin)(void *data);
	mnl_cb_t each;
	void *data;
};
int kn_talk_dump(struct kn_talk *talk, struct nlmsghdr *nlh, const struct kn_dump *dump,
		 struct kn_err *err);
/* The same with that many tries, for who cannot wait half a second. */
int kn_talk_dump_tries(struct kn_talk *talk, struct nlmsghdr *nlh, const struct kn_dump *dump,
		       unsigned int tries, struct kn_err *err);

#endif
