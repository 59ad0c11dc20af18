/* SPDX-License-Identifier: MIT */
/* request.h: asks the daemon for something, and waits for its answer. */
#ifndef KIDOS_CTL_REQUEST_H
#define KIDOS_CTL_REQUEST_H

#include "state/control_maps.h"

/*
 * Sends the request (verb, argument and text are the caller's) to the process
 * and prints its answer, or that nobody answers, after which nobody will take
 * it up later. maps: as opened. Returns enum ctl_exit.
 */
int ctl_request(const int maps[KIDOS_CONTROL_MAPS], const char *state, unsigned int pid,
		struct kidos_request *request);

/* The same without a word where it was done: the answer is the caller's to print. */
int ctl_ask(const int maps[KIDOS_CONTROL_MAPS], const char *state, unsigned int pid,
	    struct kidos_request *request, struct kidos_answer *answer);

#endif
