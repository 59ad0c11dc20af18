/* SPDX-License-Identifier: MIT */
/*
 * pcapng.h: blocks of the pcapng format (draft-ietf-opsawg-pcapng) into memory. Each writes one
 * whole block and returns its bytes, a multiple of 4; 0: there is no room for it. Numbers are in
 * the machine's order, as the section header says. Texts are cut at 65532 bytes.
 */
#ifndef KIDOS_CAPTURE_PCAPNG_H
#define KIDOS_CAPTURE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#define KIDOS_PCAPNG_ETHERNET 1 /* LINKTYPE_ETHERNET */
#define KIDOS_PCAPNG_RAW 101 /* LINKTYPE_RAW: from the IP header on */
#define KIDOS_PCAPNG_PACKET_EXTRA                                      \
	80 /* more than a packet's block takes beside data and comment \
	    */

/* Begins a file. comment: NULL for none. */
size_t kidos_pcapng_section(char *to, size_t room, const char *comment);

/* The next interface, from number 0 on. Its times are in nanoseconds. */
struct kidos_pcapng_interface {
	const char *name;
	const char *description; /* NULL: none */
	uint16_t link; /* KIDOS_PCAPNG_ETHERNET or _RAW */
	uint32_t snap;
};
size_t kidos_pcapng_interface(char *to, size_t room,
			      const struct kidos_pcapng_interface *interface);

enum kidos_pcapng_direction { KIDOS_PCAPNG_UNKNOWN, KIDOS_PCAPNG_IN, KIDOS_PCAPNG_OUT };

struct kidos_pcapng_packet {
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint32_t interface; /* number */
	uint32_t captured; /* bytes of data */
	uint32_t length; /* on the wire, with the tag */
	uint32_t tag; /* 802.1Q: protocol << 16 | control, put in behind the addresses; 0: none */
	enum kidos_pcapng_direction direction;
	const char *comment; /* NULL: none */
};
size_t kidos_pcapng_packet(char *to, size_t room, const struct kidos_pcapng_packet *packet,
			   const void *data);

/* What became of an interface's packets; at the end. */
struct kidos_pcapng_statistics {
	uint64_t time_ns, start_ns, end_ns; /* CLOCK_REALTIME */
	uint32_t interface;
	uint64_t received, dropped; /* packets */
	const char *comment; /* NULL: none */
};
size_t kidos_pcapng_statistics(char *to, size_t room,
			       const struct kidos_pcapng_statistics *statistics);

#endif
