/* SPDX-License-Identifier: MIT */
/*
 * packet.h: frames of named kinds with valid lengths and checksums, the same
 * bytes for the same arguments. What frames, xdp-generator and the benches send.
 */
#ifndef KIDOS_TEST_PACKET_H
#define KIDOS_TEST_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_MIN 60 /* smallest Ethernet frame without FCS */
#define PACKET_MAX 9022 /* 9000 bytes of MTU, Ethernet, two tags */

struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t length;
};

struct packet_options {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	size_t size; /* of the frame without FCS; headers that need more win */
};

struct packet_network;
struct packet_transport;

struct packet_kind {
	const char *name;
	const char *class; /* protocol class, as kidos names it */
	const struct packet_network *network;
	const struct packet_transport *transport;
	uint16_t tags[2]; /* TPIDs, outermost first */
	size_t cut; /* bytes of the network header that are sent, 0: all, and padding */
};

/* Ends with a row without a name. */
extern const struct packet_kind packet_kinds[];

extern const struct packet_options packet_defaults;

/* NULL if there is no such kind. */
const struct packet_kind *packet_kind_find(const char *name);

/* Flow 0 to 2^24 - 1: each has a source address of its own, and most a port. */
void packet_build(const struct packet_kind *kind, const struct packet_options *options,
		  uint32_t flow, struct packet *packet);

#endif
