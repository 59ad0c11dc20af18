/* SPDX-License-Identifier: MIT */
/*
 * series.h: which flows have series, and what is sent of them, so that
 * all series of an interface and `other` gain in each interval exactly what
 * its totals gain, and none ever runs backwards.
 *
 * A poll goes: begin, add for all that entries gained, select, then totals of
 * each slot (read after the entries, so that they hold all of them), settle.
 * A packet between the two readings is in the totals but not in its series: it
 * went to `other`, which cannot give it back. So the series may want more than
 * the totals gained; what they do not get then waits for the next interval.
 */
#ifndef KIDOS_FLOWS_SERIES_H
#define KIDOS_FLOWS_SERIES_H

#include "core/sample.h"
#include "flows/series_names.h"
#include "flows/talkers.h"

struct kidos_series {
	struct kidos_series_key key;
	uint64_t hash;
	struct kidos_count gained[KIDOS_DIRECTIONS]; /* in this interval */
	struct kidos_count waiting[KIDOS_DIRECTIONS]; /* not yet sent */
	struct kidos_count sent[KIDOS_DIRECTIONS]; /* since the series began; its value */
	char name[KIDOS_SERIES_NAME];
	size_t remembered; /* index of its name, KIDOS_NAME_NONE for a group */
	uint64_t ranked; /* the last selection that took it */
	unsigned int emitted; /* polls */
	bool closed; /* its name was given away */
};

struct kidos_series_slot {
	struct kidos_count totals[KIDOS_DIRECTIONS]; /* at the last settling */
	struct kidos_count budget[KIDOS_DIRECTIONS]; /* gained since and not given to a series */
	struct kidos_count other[KIDOS_DIRECTIONS]; /* its value */
	bool grouped; /* has its groups' series */
};

struct kidos_flow_series {
	struct kidos_series_rule rule;
	uint64_t top;
	uint64_t seed;
	uint64_t selections;
	struct kidos_series *items;
	size_t count, room;
	uint32_t *places; /* index into items + 1, open-addressed */
	size_t places_mask;
	struct kidos_series_slot *slots;
	unsigned int slot_count;
	struct kidos_talkers *by[2]; /* unnamed keys by bytes and by packets; NULL: not asked for */
	struct kidos_names names;
	bool has_closed;
	bool refused; /* a top flow got no name: MaxFlowSeries is reached */
};

/* privacy: of the addresses in names. 0 or -ENOMEM; free it either way. The names are empty. */
int kidos_series_init(struct kidos_flow_series *series, const struct kidos_flow_settings *settings,
		      const struct kidos_privacy *privacy, unsigned int slots, uint64_t seed);
void kidos_series_free(struct kidos_flow_series *series);

/* Does anything but `other` have to be known? */
bool kidos_series_wanted(const struct kidos_flow_series *series);

void kidos_series_begin(struct kidos_flow_series *series);
void kidos_series_add(struct kidos_flow_series *series, const struct kidos_flow_key *flow,
		      const struct kidos_count *gained);

/*
 * Gives series to the top flows of each interface. instances: the name of
 * each slot's interface in values, NULL where it has none. now: seconds of
 * CLOCK_REALTIME, the age of names. 0 or -ENOMEM, after which all goes on with
 * the series there are.
 */
int kidos_series_select(struct kidos_flow_series *series, const char *const *instances,
			uint64_t now);

/* The interface's totals of all classes, on the wire. */
void kidos_series_totals(struct kidos_flow_series *series, unsigned int slot,
			 const struct kidos_count totals[KIDOS_DIRECTIONS]);
void kidos_series_settle(struct kidos_flow_series *series);

/* For series_select.c. Items move when one is opened; a closed one is there until the sweep. */
struct kidos_series *kidos_series_find(const struct kidos_flow_series *series,
				       const struct kidos_series_key *key);
struct kidos_series *kidos_series_open(struct kidos_flow_series *series,
				       const struct kidos_series_key *key, size_t remembered);
void kidos_series_close(struct kidos_flow_series *series, size_t remembered);
void kidos_series_sweep(struct kidos_flow_series *series);

/* The slot begins anew, for another interface. Names are remembered. */
void kidos_series_drop_slot(struct kidos_flow_series *series, unsigned int slot);

#endif
