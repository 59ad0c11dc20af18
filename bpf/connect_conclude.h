/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect_conclude.h: an attempt's outcome, counted and recorded. Who removed it from its map
 * calls this. */
#ifndef KIDOS_CONNECT_CONCLUDE_H
#define KIDOS_CONNECT_CONCLUDE_H

#include "connect_record.h"

static __always_inline struct kidos_connect_trial *trial_now(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&connect_trial, &zero);
}

static __always_inline int is_trial(__u64 cookie)
{
	struct kidos_connect_trial *trial = trial_now();

	return trial && trial->cookie && trial->cookie == cookie;
}

static __always_inline void note_trial(__u64 step)
{
	struct kidos_connect_trial *trial = trial_now();

	if (trial)
		trial->seen |= step;
}

/* Counts the outcome, and begins its record, without addresses; NULL: there is none to be had. */
static __always_inline struct kidos_connect_record *record_outcome(
	struct connect_position *position, struct kidos_connect_attempt *attempt,
	const struct connect_end *end)
{
	struct kidos_connect_record *record;

	count_outcome(attempt, end);
	record = record_begin(position);
	if (!record)
		return NULL;
	record_attempt(record, attempt);
	record->time = end->time;
	record->latency = end->time - attempt->start;
	record->kind = KIDOS_CONNECT_CONNECT;
	record->outcome = end->outcome;
	record->error = end->error;
	return record;
}

static __noinline int conclude(struct kidos_connect_attempt *attempt, const struct connect_end *end,
			       const struct connect_ends *ends)
{
	struct connect_position *position = position_here();
	struct kidos_connect_record *record;

	if (!attempt || !end || !ends || !position)
		return 0;
	if (attempt->trial) {
		note_trial(KIDOS_CONNECT_STEP_OUTCOME);
		return 0;
	}
	record = record_outcome(position, attempt, end);
	if (!record)
		return 0;
	record_ends(record, ends);
	record_end(position, record);
	return 0;
}

static __always_inline void record_path(struct kidos_connect_record *record,
					const struct kidos_connect_attempt *attempt, int user)
{
	const void *from = (const void *)(attempt->address + sizeof(__u16));
	__u32 length = attempt->length - (__u32)sizeof(__u16);

	__builtin_memset(record->path, 0, sizeof(record->path));
	record->path_length = 0;
	if (attempt->length < sizeof(__u16) || length > sizeof(record->path) ||
	    (!user && !connect_config.readable))
		return;
	if (user ? bpf_probe_read_user(record->path, length, from)
		 : bpf_probe_read_kernel(record->path, length, from))
		return;
	record->path_length = (__u8)length;
}

/* Of a Unix socket; user: its address lies in the caller's memory. */
static __always_inline int conclude_unix(struct kidos_connect_attempt *attempt,
					 const struct connect_end *end, int user)
{
	struct connect_position *position = position_here();
	struct kidos_connect_record *record;

	if (!position)
		return 0;
	record = record_outcome(position, attempt, end);
	if (!record)
		return 0;
	record_path(record, attempt, user);
	record_end(position, record);
	return 0;
}

#endif
