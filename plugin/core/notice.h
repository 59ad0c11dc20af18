/* SPDX-License-Identifier: MIT */
/*
 * notice.h: an alert in words: severity, message and metadata, as everybody
 * gets it who takes alerts. Nothing in it can break a line, close a quote or
 * colour a terminal: what came from outside is escaped as in text.h.
 */
#ifndef KIDOS_CORE_NOTICE_H
#define KIDOS_CORE_NOTICE_H

#include "core/alert.h"

#define KIDOS_NOTICE_MESSAGE 256 /* as collectd's, NUL included */
#define KIDOS_NOTICE_TEXT 160

/* In the order of kidos_notice_fields. Each is always there: empty or 0 when it does not apply. */
enum kidos_notice_field {
	KIDOS_NOTICE_ALERT_ID,
	KIDOS_NOTICE_ACTIVE,
	KIDOS_NOTICE_SRC,
	KIDOS_NOTICE_DST,
	KIDOS_NOTICE_SPORT,
	KIDOS_NOTICE_DPORT,
	KIDOS_NOTICE_PROTO,
	KIDOS_NOTICE_OBSERVED,
	KIDOS_NOTICE_THRESHOLD,
	KIDOS_NOTICE_PID,
	KIDOS_NOTICE_COMMAND,
	KIDOS_NOTICE_CAPTURE,
	KIDOS_NOTICE_CAPTURED,
	KIDOS_NOTICE_COMMUNITY_ID,
	KIDOS_NOTICE_FIELDS
};

enum kidos_notice_type {
	KIDOS_NOTICE_STRING,
	KIDOS_NOTICE_NUMBER,
	KIDOS_NOTICE_REAL,
	KIDOS_NOTICE_BOOLEAN,
};

struct kidos_notice_row {
	const char *name;
	enum kidos_notice_type type;
};
extern const struct kidos_notice_row kidos_notice_fields[KIDOS_NOTICE_FIELDS];

union kidos_notice_value {
	char text[KIDOS_NOTICE_TEXT];
	uint64_t number;
	double real;
	bool boolean;
};

/* What a sink of alerts may fill in before the notice is sent. */
struct kidos_notice_capture {
	char file[KIDOS_NOTICE_TEXT]; /* path; "": there is none */
	uint64_t packets; /* in it, when the alert is over */
};

struct kidos_notice {
	enum kidos_severity severity;
	uint64_t time_ns; /* CLOCK_REALTIME */
	const char *kind;
	enum kidos_alert_about about;
	char instance[KIDOS_ALERT_INSTANCE];
	char message[KIDOS_NOTICE_MESSAGE];
	union kidos_notice_value values[KIDOS_NOTICE_FIELDS];
	uint64_t alert; /* its number */
	struct kidos_flow_key flow; /* whole, as far as the event has one */
	struct kidos_notice_capture *capture; /* NULL: nobody asks for it */
};

#endif
