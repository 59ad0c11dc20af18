/* SPDX-License-Identifier: MIT */
#ifndef KN_NETLINK_REPLY_H
#define KN_NETLINK_REPLY_H

/* What the kernel answers to one request, decoded from received bytes and nothing else: fed by
 * talk.c from a socket, by the unit tests and the fuzzer from memory.
 */
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kn_reply {
	/* Set by the caller. */
	uint32_t seq;
	uint32_t portid;
	bool single; /* a GET without NLM_F_DUMP ends with its first message, no ack follows */
	mnl_cb_t each; /* for every message of the answer; MNL_CB_ERROR makes it -EBADMSG */
	void *data;

	/* Set by feeding. */
	bool done;
	bool interrupted; /* NLM_F_DUMP_INTR: the table changed meanwhile, dump again */
	int error; /* -errno of the answer, 0 if it is good */
	unsigned int foreign; /* messages of another sequence or port, passed over */
	char text[256]; /* the extended ack's words, or empty */
};

/* Takes one datagram. Returns 0, or -EBADMSG if it is no netlink. */
int kn_reply_feed(struct kn_reply *reply, const void *bytes, size_t len);

#endif
