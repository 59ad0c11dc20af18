/* SPDX-License-Identifier: MIT */
/* record.h: a row of a log, read back, whatever format it had. */
#ifndef KIDOS_EVENTLOG_RECORD_H
#define KIDOS_EVENTLOG_RECORD_H

#include "abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text in a line: not ended by NUL. */
struct kidos_slice {
	const char *at;
	size_t length;
};

struct kidos_log_record {
	unsigned int seen; /* bits of enum kidos_log_field */
	uint64_t time_ns; /* since 1970 */
	union kidos_address src, dst; /* IPv4 as ::ffff:a.b.c.d */
	uint64_t sport, dport, protocol;
	uint64_t size, packets, bytes;
	uint64_t least_size, most_size; /* of the flow's packets; 0: not known */
	struct kidos_slice action, interface, kind;
};

/* The fields that are read; all others are passed over. */
enum kidos_log_field {
	KIDOS_FIELD_TIME,
	KIDOS_FIELD_TIME_ISO,
	KIDOS_FIELD_SRC,
	KIDOS_FIELD_DST,
	KIDOS_FIELD_SPORT,
	KIDOS_FIELD_DPORT,
	KIDOS_FIELD_PROTOCOL,
	KIDOS_FIELD_PROTOCOL_NUMBER,
	KIDOS_FIELD_SIZE,
	KIDOS_FIELD_ACTION,
	KIDOS_FIELD_INTERFACE,
	KIDOS_FIELD_PACKETS,
	KIDOS_FIELD_BYTES,
	KIDOS_FIELD_LEAST_SIZE,
	KIDOS_FIELD_MOST_SIZE,
	KIDOS_FIELD_KIND,
	KIDOS_FIELDS
};

/* Which field is called so; guess is tried first. KIDOS_FIELDS: none that is read. */
unsigned int kidos_log_field_find(const struct kidos_slice *name, unsigned int guess);

/* False: the value is none of this field. An empty one is as if it were not there. */
bool kidos_log_field_set(struct kidos_log_record *record, unsigned int field,
			 const struct kidos_slice *value);

/*
 * Fills in what follows from the rest: a row without packets is one packet, of
 * packet_size bytes. False: time or addresses are missing.
 */
bool kidos_log_record_complete(struct kidos_log_record *record);

/* Is it a flow, and not an alert or a line of a summary? */
bool kidos_log_record_is(const struct kidos_log_record *record, const char *kind);

#endif
