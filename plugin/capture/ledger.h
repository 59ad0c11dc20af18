/* SPDX-License-Identifier: MIT */
/*
 * ledger.h: what became of the packets that a capture's filter took, as the last block of its last
 * file has it, in a comment of lines name=value.
 */
#ifndef KIDOS_CAPTURE_LEDGER_H
#define KIDOS_CAPTURE_LEDGER_H

#include "capture/maps.h"
#include "capture/order.h"

#define KIDOS_LEDGER_TEXT 1024

struct kidos_ledger {
	struct kidos_order order;
	uint64_t started_ns, ended_ns; /* CLOCK_REALTIME */
	uint64_t first_ns, last_ns; /* of packets in the files; 0: there is none */
	uint64_t files; /* number of the last */
	uint64_t matched; /* the sum of the fates */
	/*
	 * Of a whole interface that was copied: what kidos's totals of it, which the
	 * filter has no part in, gained meanwhile. Between these; both 0: not known.
	 */
	uint64_t counted_least, counted_most;
	uint64_t unseen; /* lost by mirror ports before the filter, or passed: in no fate */
	uint64_t fates[KIDOS_FATES];
};

void kidos_ledger_write(const struct kidos_ledger *ledger, char text[KIDOS_LEDGER_TEXT]);

/* False where it is no ledger, with a reason. */
bool kidos_ledger_parse(const char *text, struct kidos_ledger *ledger, char reason[KIDOS_REASON]);

#endif
