/* SPDX-License-Identifier: MIT */
/*
 * tally.h: what was counted, as the series of the values. No series ever runs
 * backwards, and those of one part add up to all of it.
 *
 * There are names of MaxCommands commands or units at most, the first that
 * come; the rest is `other`, exactly. A name has a series only in the parts in
 * which it has something: each is a file in some back ends. A new series is
 * sent as 0 at two polls (KIDOS_SERIES_ZEROS, and why) before anything is added
 * to it; what it counts waits until then.
 */
#ifndef KIDOS_CONNECTS_TALLY_H
#define KIDOS_CONNECTS_TALLY_H

#include "connects/names.h"
#include "connects/unit.h"
#include "core/share.h"

#include <stddef.h>
#include <stdint.h>

enum kidos_connect_part {
	KIDOS_CONNECT_ATTEMPTS,
	KIDOS_CONNECT_ACCEPTS,
	KIDOS_CONNECT_TRAFFIC,
	KIDOS_CONNECT_PARTS
};

struct kidos_connect_value {
	bool open; /* it is sent */
	unsigned int emitted; /* polls */
	uint64_t rx, tx; /* traffic has both, the others the first */
};

struct kidos_connect_series {
	char raw[KIDOS_CONNECT_UNIT]; /* as it came */
	char name[KIDOS_CONNECT_UNIT]; /* made safe: core/text.h */
	struct kidos_connect_value parts[KIDOS_CONNECT_PARTS];
	bool timed; /* there ever was a latency */
	uint64_t latency[KIDOS_CONNECT_BUCKETS]; /* since the last poll */
	uint64_t failed, judged; /* TCP since the last poll: failed of these */
	struct kidos_share failures; /* not judged yet */
};

#define KIDOS_CONNECT_REST 0 /* index of `other` */

struct kidos_connect_tally {
	struct kidos_connect_series *series;
	size_t count, room;
	struct kidos_connect_value results[KIDOS_CONNECT_RESULTS];
};

/* names: of series beside `other`. 0 or -ENOMEM; free it either way. */
int kidos_connect_tally_init(struct kidos_connect_tally *tally, uint64_t names);
void kidos_connect_tally_free(struct kidos_connect_tally *tally);

/* Bytes that it allocates. */
uint64_t kidos_connect_tally_bytes(uint64_t names);

/*
 * The index of a name's series, which is made while there is room. raw: a command or unit
 * as it came; "" and "other" are the rest.
 */
size_t kidos_connect_tally_index(struct kidos_connect_tally *tally, const char *raw);

/* Adds, and returns true; or opens the value and returns false: too new, to be added later. */
bool kidos_connect_value_add(struct kidos_connect_value *value, uint64_t rx, uint64_t tx);

/* Everything was sent once more: histograms and shares of the interval are empty again. */
void kidos_connect_tally_emitted(struct kidos_connect_tally *tally);

#endif
