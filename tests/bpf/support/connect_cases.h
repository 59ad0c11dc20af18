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
	bool beside; /* not by the system call of 64 bits: tracepoints of it do not see it */
	const char *kernel; /* a file that is there where the kernel can do this, NULL: all can */
};
extern const struct connect_case connect_cases[];
extern const size_t connect_case_count;

/* What work leaves for the test: an anonymous mapping that both see. */
struct connect_shared {
	uint64_t sent, received; /* payload */
	uint64_t datagrams, destinations;
	uint64_t active_opens, attempt_fails, passive_opens; /* /proc/net/snmp */
};

/* Workers of tests of their own; context: struct connect_shared. */
int connect_bytes_work(void *context);
int connect_datagrams_work(void *context);
int connect_snmp_work(void *context);
/* Blocks in connect() with CONNECT_BLOCKED threads, until standard input ends. */
#define CONNECT_BLOCKED 500
int connect_blocked_work(void *context);

#endif
