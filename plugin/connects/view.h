/* SPDX-License-Identifier: MIT */
/* view.h: events of connections as they are shown, and which of them are meant. */
#ifndef KIDOS_CONNECTS_VIEW_H
#define KIDOS_CONNECTS_VIEW_H

#include "connects/names.h"
#include "core/flow_filter.h"
#include "core/privacy.h"

/* A record that was read whole, with what is hidden taken out. */
struct kidos_connect_view {
	struct kidos_connect_record record;
	uint64_t time_ns; /* CLOCK_REALTIME */
	bool command_hidden;
};

/* boot_ns: kidos_boot_ns(). */
void kidos_connect_view_of(const struct kidos_connect_record *record, uint64_t boot_ns,
			   const struct kidos_privacy *privacy, struct kidos_connect_view *view);

/* Where an attempt went: an address or a prefix, a port, or a path. */
struct kidos_connect_dest {
	bool has_prefix;
	struct kidos_prefix prefix;
	int port; /* or KIDOS_FILTER_ANY */
	const char *path; /* as it is shown; NULL: any */
};

#define KIDOS_CONNECT_KINDS (KIDOS_CONNECT_CLOSE + 1)

/* Everything that is set must hold. */
struct kidos_connect_filter {
	uint32_t pid; /* in the daemon's PID namespace, else in the initial one; 0: any */
	const char *command; /* raw or as it is shown; NULL: any */
	int kind; /* enum kidos_connect_kind or KIDOS_FILTER_ANY, as are the next */
	int type; /* SOCK_* */
	int protocol; /* IPPROTO_* */
	int family; /* AF_* */
	int result; /* KIDOS_CONNECT_RESULT_*, KIDOS_CONNECT_RESULT_FAILED or ..._UNREACHABLE */
	struct kidos_connect_dest dest;
	uint64_t since_ns, until_ns; /* CLOCK_REALTIME; until 0: now */
};
#define KIDOS_CONNECT_FILTER_ALL                                                                  \
	{                                                                                         \
		.kind = KIDOS_FILTER_ANY, .type = KIDOS_FILTER_ANY, .protocol = KIDOS_FILTER_ANY, \
		.family = KIDOS_FILTER_ANY, .result = KIDOS_FILTER_ANY,                           \
		.dest.port = KIDOS_FILTER_ANY                                                     \
	}

/* Of a filter: any errno; EHOSTUNREACH or ENETUNREACH. */
enum { KIDOS_CONNECT_RESULT_FAILED = KIDOS_CONNECT_RESULTS, KIDOS_CONNECT_RESULT_UNREACHABLE };

bool kidos_connect_matches(const struct kidos_connect_filter *filter,
			   const struct kidos_connect_view *view);

/* By words of the command line; false: it is none. */
bool kidos_connect_filter_outcome(const char *text, struct kidos_connect_filter *filter);
bool kidos_connect_filter_proto(const char *text, struct kidos_connect_filter *filter);
bool kidos_connect_filter_type(const char *text, struct kidos_connect_filter *filter);
bool kidos_connect_filter_kind(const char *text, struct kidos_connect_filter *filter);
/* "192.0.2.1", "10.0.0.0/8", "192.0.2.1:443", "[2001:db8::1]:443", ":443", "/run/x", "@x". */
bool kidos_connect_filter_dest(const char *text, struct kidos_connect_dest *dest);

/* Is the attempt that a record is of one over IP, so that it has addresses and ports? */
bool kidos_connect_is_ip(const struct kidos_connect_record *record);

#define KIDOS_TEXT_ENDPOINT (4 * KIDOS_CONNECT_PATH + 1)
/* "192.0.2.1:443", "[2001:db8::1]:443"; a path, "@" ahead of an abstract one; "-". Safe to print.
 */
void kidos_connect_source(const struct kidos_connect_record *record,
			  char text[KIDOS_TEXT_ENDPOINT]);
void kidos_connect_destination(const struct kidos_connect_record *record,
			       char text[KIDOS_TEXT_ENDPOINT]);
/* An end of a socket that is open. */
void kidos_connect_end(const union kidos_address *address, unsigned int port, bool ipv4,
		       char text[KIDOS_TEXT_ENDPOINT]);

#define KIDOS_TEXT_PROTO 16
/* "tcp", "mptcp", "unix"; the number where there is no name. */
const char *kidos_connect_proto(const struct kidos_connect_record *record,
				char text[KIDOS_TEXT_PROTO]);
const char *kidos_connect_type(const struct kidos_connect_record *record,
			       char text[KIDOS_TEXT_PROTO]);

/* "connect", "send" and so on, with its result: "ok", "ECONNREFUSED"; "-" for accept and close. */
const char *kidos_connect_outcome(const struct kidos_connect_record *record,
				  char text[KIDOS_CONNECT_RESULT_NAME]);

/* "curl", "-" where it is hidden or empty. Safe to print. */
void kidos_connect_shown_command(const struct kidos_connect_owner *owner,
				 char text[KIDOS_CONNECT_COMMAND]);

#endif
