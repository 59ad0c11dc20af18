/* SPDX-License-Identifier: MIT */
/*
 * sniffer.h: the AF_XDP sockets of one mirror port, one for each queue. They are the port's alone:
 * whatever is redirected to them ends here.
 */
#ifndef KIDOS_CAPTURE_SNIFFER_H
#define KIDOS_CAPTURE_SNIFFER_H

#include "core/config.h"

struct kidos_sniffer;

struct kidos_sniffer_plan {
	const char *name; /* of the interface, in the calling thread's namespace */
	unsigned int mtu;
	uint64_t memory; /* bytes, of all sockets */
	int sockets; /* XSKMAP that the programs redirect by */
	unsigned int first; /* its element of queue 0 */
	unsigned int queues; /* elements that it has */
};

/* NULL with errno and a reason. The calling thread may leave the namespace afterwards. */
struct kidos_sniffer *kidos_sniffer_open(const struct kidos_sniffer_plan *plan,
					 char reason[KIDOS_REASON]);
/* Accepts NULL. */
void kidos_sniffer_close(struct kidos_sniffer *sniffer);

struct kidos_sniffed {
	const void *data;
	uint32_t captured; /* bytes of data */
	uint32_t length; /* of the packet */
};

/* Hands over what is there, up to a few thousand packets of each queue. Returns how many. */
unsigned int kidos_sniffer_read(struct kidos_sniffer *sniffer,
				void (*take)(void *context, const struct kidos_sniffed *packet),
				void *context);

/* What the sockets lost since they were opened: the causes do not overlap. */
struct kidos_sniffer_lost {
	uint64_t dropped; /* no free memory, or larger than it */
	uint64_t ring_full;
};
struct kidos_sniffer_lost kidos_sniffer_lost(const struct kidos_sniffer *sniffer);

/* False once the device that it was opened on has gone. */
bool kidos_sniffer_is_alive(const struct kidos_sniffer *sniffer);
unsigned int kidos_sniffer_sockets(const struct kidos_sniffer *sniffer);
bool kidos_sniffer_is_zero_copy(const struct kidos_sniffer *sniffer);
/* Descriptors that are readable when there are packets; as many as there are sockets. */
int kidos_sniffer_fd(const struct kidos_sniffer *sniffer, unsigned int queue);

#endif
