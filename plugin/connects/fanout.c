/* SPDX-License-Identifier: MIT */
#include "connects/fanout.h"
#include "core/flow_key.h"
#include "core/hash.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PROCESSES 1024u

/* One address that a process went to. */
struct visit {
	uint32_t tgid; /* in the initial PID namespace; 0: free */
	uint32_t process; /* its place */
	union kidos_address address;
	uint64_t time; /* of the last time */
};

struct process {
	uint64_t addresses;
	struct kidos_connect_record newest;
};

struct processes {
	uint32_t tgids[PROCESSES]; /* open addressing; 0: free */
	struct process items[PROCESSES];
};

struct kidos_fanout {
	uint64_t threshold, window_ns, lost, seed;
	size_t room, count; /* of visits; room is a power of two, filled to three quarters */
	struct visit *visits, *spare; /* spare: where they are moved without the old ones */
	struct processes *processes, *spare_processes; /* likewise */
};

static size_t room_for(uint64_t threshold)
{
	size_t room = KIDOS_FANOUT_ADDRESSES;

	while (room < 4 * threshold)
		room *= 2;
	return room;
}

uint64_t kidos_fanout_bytes(uint64_t threshold)
{
	return threshold
		       ? 2 * (sizeof(struct processes) + room_for(threshold) * sizeof(struct visit))
		       : 0;
}

struct kidos_fanout *kidos_fanout_new(uint64_t threshold, uint64_t window_ns)
{
	struct kidos_fanout *fanout = calloc(1, sizeof(*fanout));

	if (!fanout)
		return NULL;
	fanout->threshold = threshold;
	fanout->window_ns = window_ns;
	fanout->seed = kidos_key_seed();
	fanout->room = room_for(threshold);
	fanout->visits = calloc(fanout->room, sizeof(*fanout->visits));
	fanout->spare = calloc(fanout->room, sizeof(*fanout->spare));
	fanout->processes = calloc(1, sizeof(*fanout->processes));
	fanout->spare_processes = calloc(1, sizeof(*fanout->spare_processes));
	if (fanout->visits && fanout->spare && fanout->processes && fanout->spare_processes)
		return fanout;
	kidos_fanout_free(fanout);
	return NULL;
}

void kidos_fanout_free(struct kidos_fanout *fanout)
{
	if (!fanout)
		return;
	free(fanout->visits);
	free(fanout->spare);
	free(fanout->processes);
	free(fanout->spare_processes);
	free(fanout);
}

uint64_t kidos_fanout_lost(const struct kidos_fanout *fanout)
{
	return fanout->lost;
}

/* The visit's place, or the free one where it belongs. */
static struct visit *find(struct kidos_fanout *fanout, struct visit *visits, uint32_t tgid,
			  const union kidos_address *address)
{
	const uint64_t words[] = { tgid, address->words[0], address->words[1], address->words[2],
				   address->words[3] };
	uint64_t hash = kidos_hash_words(words, sizeof(words) / sizeof(words[0]), fanout->seed);
	size_t place;

	for (place = hash & (fanout->room - 1); visits[place].tgid;
	     place = (place + 1) & (fanout->room - 1))
		if (visits[place].tgid == tgid &&
		    !memcmp(&visits[place].address, address, sizeof(*address)))
			break;
	return &visits[place];
}

/* The process's place, PROCESSES where there is no room for more of them. */
static uint32_t place_of(struct processes *processes, uint32_t tgid)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		uint32_t place = (tgid + i) % PROCESSES;

		if (processes->tgids[place] && processes->tgids[place] != tgid)
			continue;
		processes->tgids[place] = tgid;
		return place;
	}
	return PROCESSES;
}

static bool goes_somewhere(const struct kidos_connect_record *record)
{
	return (record->kind == KIDOS_CONNECT_CONNECT || record->kind == KIDOS_CONNECT_SEND) &&
	       (record->family == AF_INET || record->family == AF_INET6) && record->tgid_initial;
}

static void add_visit(struct kidos_fanout *fanout, struct visit *visit, uint32_t place,
		      const struct kidos_connect_record *record)
{
	struct process *process = &fanout->processes->items[place];

	if (process->addresses >= 2 * fanout->threshold || fanout->count >= fanout->room / 4 * 3) {
		fanout->lost++;
		return;
	}
	*visit = (struct visit){ .tgid = record->tgid_initial,
				 .process = place,
				 .address = record->dst,
				 .time = record->time };
	fanout->count++;
	process->addresses++;
}

void kidos_fanout_add(struct kidos_fanout *fanout, const struct kidos_connect_record *record)
{
	struct process *process;
	struct visit *visit;
	uint32_t place;

	if (!goes_somewhere(record))
		return;
	visit = find(fanout, fanout->visits, record->tgid_initial, &record->dst);
	place = visit->tgid ? visit->process : place_of(fanout->processes, record->tgid_initial);
	if (place == PROCESSES) {
		fanout->lost++;
		return;
	}
	if (!visit->tgid)
		add_visit(fanout, visit, place, record);
	else if (record->time > visit->time)
		visit->time = record->time;
	process = &fanout->processes->items[place];
	if (record->time >= process->newest.time)
		process->newest = *record;
}

/* Visits within the window, into the spare table. */
static void keep_visits(struct kidos_fanout *fanout, uint64_t since)
{
	struct visit *old = fanout->visits;

	memset(fanout->spare, 0, fanout->room * sizeof(*fanout->spare));
	fanout->count = 0;
	for (size_t i = 0; i < fanout->room; i++) {
		if (!old[i].tgid || old[i].time < since)
			continue;
		*find(fanout, fanout->spare, old[i].tgid, &old[i].address) = old[i];
		fanout->count++;
	}
	fanout->visits = fanout->spare;
	fanout->spare = old;
}

/* Processes that have a visit left, counted anew, into the spare table. */
static void keep_processes(struct kidos_fanout *fanout)
{
	struct processes *old = fanout->processes, *kept = fanout->spare_processes;

	memset(kept, 0, sizeof(*kept));
	for (size_t i = 0; i < fanout->room; i++) {
		struct visit *visit = &fanout->visits[i];
		struct process *process;

		if (!visit->tgid)
			continue;
		process = &kept->items[place_of(kept, visit->tgid)];
		process->newest = old->items[visit->process].newest;
		process->addresses++;
		visit->process = (uint32_t)(process - kept->items);
	}
	fanout->processes = kept;
	fanout->spare_processes = old;
}

static void give(const struct process *process, kidos_fanout_take take, void *context)
{
	struct kidos_fanout_found found = { .tgid = process->newest.tgid,
					    .addresses = process->addresses,
					    .newest = process->newest };

	memcpy(found.comm, process->newest.owner.comm, sizeof(found.comm));
	take(&found, context);
}

void kidos_fanout_judge(struct kidos_fanout *fanout, uint64_t now_ns, kidos_fanout_take take,
			void *context)
{
	keep_visits(fanout, now_ns > fanout->window_ns ? now_ns - fanout->window_ns : 0);
	keep_processes(fanout);
	for (uint32_t i = 0; i < PROCESSES; i++)
		if (fanout->processes->items[i].addresses >= fanout->threshold)
			give(&fanout->processes->items[i], take, context);
}
