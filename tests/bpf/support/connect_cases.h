/* SPDX-License-Identifier: MIT */
/* connect_cases.h: what programs do with connect(), and what is to be counted of it. */
#ifndef KIDOS_CONNECT_CASES_H
#define KIDOS_CONNECT_CASES_H

#include "abi_connect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a case does; counts are those of a rung that sees return codes. */
struct connect_case {
	const char *name;
	int (*work)(void *context); /* in a process and a network namespace of its own */
	enum kidos_connect_protocol protocol;
	unsigned int attempts, succeeded, refused, timed_out, abandoned;
	unsigned int early; /* failed before a SYN, */
	unsigned int early_error; /* with this */
	unsigned int accepts;
	bool many; /* counts are times connect_many() */
	bool returns; /* only where return codes are seen */
	const char *kernel; /* a file that is there where the kernel can do this, NULL: all can */
};
/* Fewer in an emulation. */
unsigned int connect_many(void);

extern const struct connect_case connect_cases[];
extern const size_t connect_case_count;

/* What work leaves for the test: a mapping that both see. */
struct connect_shared {
	uint64_t sent, received; /* payload, of both ends */
	uint64_t datagrams;
	uint64_t attempts, refused, early; /* of connect_snmp_work */
	uint64_t active_opens, attempt_fails, passive_opens; /* /proc/net/snmp */
	uint16_t port; /* of a listener */
};

/*
 * Workers of tests of their own; context: struct connect_shared.
 * bytes: both ends of connections of all sorts of ends. snmp: a mix, beside the
 * kernel's counters. datagrams: from sockets that are not connected.
 */
int connect_bytes_work(void *context);
int connect_snmp_work(void *context);
int connect_datagrams_work(void *context);

/* Threads that block in connect() until the process is killed; fewer in an emulation. */
unsigned int connect_blocked(void);
int connect_blocked_work(void *context);

/* A listener, and a connection that has carried CONNECT_OLD bytes, until it is killed. */
#define CONNECT_OLD 5000
int connect_old_work(void *context);

#endif
