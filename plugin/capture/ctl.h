/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl capture`, `packets` and `evidence`. */
#ifndef KIDOS_CAPTURE_CTL_H
#define KIDOS_CAPTURE_CTL_H

#include "capture/maps.h"
#include "capture/order.h"
#include "ctl/ctl.h"
#include "ctl/state.h"

struct ctl_capture_settings {
	struct ctl_output output;
	struct kidos_order order;
	const char *interface, *expression; /* NULL: any, none */
	const char *file; /* that the packets go to, "-": standard output; NULL: none */
};

extern const struct ctl_option ctl_capture_options[], ctl_packets_options[];
extern const struct ctl_command ctl_capture, ctl_packets, ctl_evidence;

/* Sends a request to the daemon; enum ctl_exit. */
struct kidos_request;
struct kidos_answer;
int ctl_capture_ask(const struct ctl_state *state, struct kidos_request *request,
		    struct kidos_answer *answer);

/* The maps that are read; -1 where the daemon captures nothing. enum ctl_exit. */
int ctl_capture_open(const struct ctl_state *state, int maps[KIDOS_CAPTURE_MAPS]);

/*
 * Copies what the daemon writes for a capture to `out` until it ends or a signal comes, which ends
 * it. first: its first file. enum ctl_exit.
 */
int ctl_follow(const struct ctl_state *state, uint64_t number, const char *first, int out);

/* The captures that are known, oldest first; how many. */
size_t ctl_capture_rows(const int maps[KIDOS_CAPTURE_MAPS],
			struct kidos_capture_row rows[KIDOS_CAPTURE_ROWS]);

#endif
