/* SPDX-License-Identifier: MIT */
/*
 * control.h: what kidosctl asks of the plugin and what it answers, through
 * two pinned maps of one element each. kidosctl is the only writer of one
 * (under a lock), the plugin of the other; layouts belong to KIDOS_ABI_VERSION.
 */
#ifndef KIDOS_STATE_CONTROL_H
#define KIDOS_STATE_CONTROL_H

#include <linux/types.h>
#include <stdbool.h>

enum kidos_collector_state {
	KIDOS_COLLECTOR_ABSENT, /* not configured */
	KIDOS_COLLECTOR_ON,
	KIDOS_COLLECTOR_OFF, /* switched off by a request */
	KIDOS_COLLECTOR_FAILED, /* reason says why */
};
extern const char *const kidos_collector_state_names[];

#define KIDOS_CONTROL_TEXT 192
#define KIDOS_COLLECTORS_MAX 16
#define KIDOS_COLLECTOR_NAME 24

/* In the pinned map `collectors`, in the order of the daemon's table. */
struct kidos_collector_status {
	char name[KIDOS_COLLECTOR_NAME]; /* "": no collector */
	__u32 state; /* enum kidos_collector_state */
	__u32 pad;
	char reason[KIDOS_CONTROL_TEXT];
};

enum kidos_request_verb {
	KIDOS_REQUEST_COLLECTOR = 1, /* text: the collector's name, argument: 0 off, 1 on */
	KIDOS_REQUEST_POLICY_RELOAD, /* argument: 1 also if it cuts off a peer */
	KIDOS_REQUEST_POLICY_CONFIRM,
	KIDOS_REQUEST_CAPTURE_START = 20, /* text: kidos_order_parse()'s; answer: number and file */
	KIDOS_REQUEST_CAPTURE_STOP = 21, /* argument: its number */
	KIDOS_REQUEST_CAPTURE_CLEAR = 22, /* who sent how much to whom */
};

#define KIDOS_REQUEST_TEXT 256

/* number counts requests from 1; 0: there was none. */
struct kidos_request {
	__u64 number;
	__u32 verb; /* enum kidos_request_verb */
	__u32 argument;
	char text[KIDOS_REQUEST_TEXT]; /* a name, a file, a filter: ends with NUL */
	__u32 check; /* of the above: the map's copy is not atomic */
	__u32 pad;
};

struct kidos_answer {
	__u64 number; /* of the request */
	__s32 status; /* 0 or -errno */
	__u32 check; /* of number, status and text */
	char text[KIDOS_CONTROL_TEXT];
};

/* Fills in check; and is the copy that was read whole? */
void kidos_request_seal(struct kidos_request *request);
bool kidos_request_whole(const struct kidos_request *request);
void kidos_answer_seal(struct kidos_answer *answer);
bool kidos_answer_whole(const struct kidos_answer *answer);

/* plugin and kidosctl may be built apart: a change is a new KIDOS_ABI_VERSION. */
_Static_assert(sizeof(struct kidos_collector_status) == 224, "collector status");
_Static_assert(sizeof(struct kidos_request) == 280, "request");
_Static_assert(sizeof(struct kidos_answer) == 208, "answer");

#endif
