/* SPDX-License-Identifier: MIT */
/*
 * verify.h: does a capture hold what the ledger at its end says? Everything is computed anew from
 * the file, of which nothing is trusted.
 */
#ifndef KIDOS_CAPTURE_VERIFY_H
#define KIDOS_CAPTURE_VERIFY_H

#include "capture/ledger.h"

#define KIDOS_VERIFY_FAULTS 16

struct kidos_verified {
	struct kidos_ledger ledger;
	uint64_t packets; /* in the file */
	uint64_t first_ns, last_ns;
	uint64_t foreign; /* packets that the ledger's filter does not take */
	uint64_t unread; /* cut too short to say */
	uint64_t untimely; /* outside of the capture's time */
	size_t fault_count;
	char faults[KIDOS_VERIFY_FAULTS][KIDOS_REASON]; /* where it does not hold */
};

void kidos_verify(const void *file, size_t size, struct kidos_verified *verified);

#endif
