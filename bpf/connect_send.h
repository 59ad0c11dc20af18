/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_send.h: datagrams of sockets that are not connected. A socket keeps
 * its last destinations and what was sent to each; one that has to give way, the end of the
 * socket and the walk make a record of that, and count it.
 */
#ifndef KIDOS_CONNECT_SEND_H
#define KIDOS_CONNECT_SEND_H

#include "connect_socket.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kidos_connect_sender);
} connect_senders SEC(".maps");

struct connect_target {
	union kidos_address address;
	__u16 port;
};

static __always_inline void count_sent(struct kidos_connect_owner *owner, __u64 many)
{
	struct kidos_connect_counts *counts = counts_of(owner);

	if (!counts)
		return;
	add_to(counts->attempts[KIDOS_CONNECT_UDP], 1);
	add_to(counts->succeeded[KIDOS_CONNECT_UDP], 1);
	add_to(counts->datagrams, many);
}

static __always_inline void record_sent(struct kidos_connect_record *record,
					const struct kidos_connect_sender *sender,
					const struct kidos_connect_sent *sent, __u64 many)
{
	record->time = bpf_ktime_get_boot_ns();
	record->latency = 0;
	record->socket = sender->socket;
	record->count = many;
	record->owner = sender->owner;
	record->tgid = sender->tgid;
	record->tgid_initial = sender->tgid_initial;
	record->tid = sender->tid;
	record->uid = sender->uid;
	record->netns = sender->netns;
	record->protocol = sender->protocol;
	record->family = is_mapped(&sent->address) ? AF_INET : AF_INET6;
	record->type = SOCK_DGRAM;
	record->kind = KIDOS_CONNECT_SEND;
	record->outcome = KIDOS_CONNECT_SUCCEEDED;
	record->error = 0;
	record->retransmits = 0;
	record->src = sender->src;
	record->dst = sent->address;
	record->sport = sender->sport;
	record->dport = sent->port;
	record->srtt_us = 0;
	record->rx = record->tx = 0;
}

/* Others may add meanwhile: what was read is taken off. */
static __noinline int give_out(struct kidos_connect_sender *sender, __u32 index)
{
	struct connect_position *position = position_here();
	struct kidos_connect_record *record;
	struct kidos_connect_owner owner;
	struct kidos_connect_sent *sent;
	__u64 many;

	if (!sender || !position || index >= KIDOS_CONNECT_TARGETS)
		return 0;
	sent = &sender->sent[index];
	many = *(volatile __u64 *)&sent->count;
	if (!many)
		return 0;
	add_to(sent->count, -many);
	owner = sender->owner;
	count_sent(&owner, many);
	record = record_begin(position);
	if (!record)
		return 0;
	record_sent(record, sender, sent, many);
	record_end(position, record);
	return 0;
}

static __always_inline void give_out_all(struct kidos_connect_sender *sender)
{
	__u32 i;

	KIDOS_ROLLED
	for (i = 0; i < KIDOS_CONNECT_TARGETS; i++)
		give_out(sender, i);
}

static __always_inline int is_target(const struct kidos_connect_sent *sent,
				     const struct connect_target *target)
{
	return sent->port == target->port && sent->address.halves[1] == target->address.halves[1] &&
	       sent->address.halves[0] == target->address.halves[0];
}

/* A destination that the socket does not have: the oldest makes room. */
static __noinline int add_target(struct kidos_connect_sender *sender,
				 const struct connect_target *target)
{
	struct kidos_connect_sent *sent;
	__u32 index;

	if (!sender || !target)
		return 0;
	index = sender->next++ % KIDOS_CONNECT_TARGETS;
	give_out(sender, index);
	barrier_var(index);
	if (index >= KIDOS_CONNECT_TARGETS)
		return 0;
	sent = &sender->sent[index];
	sent->address = target->address;
	sent->port = target->port;
	add_to(sent->count, 1);
	return 0;
}

static __always_inline int count_send(struct kidos_connect_sender *sender,
				      const struct connect_target *target)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < KIDOS_CONNECT_TARGETS; i++) {
		if (!is_target(&sender->sent[i], target))
			continue;
		add_to(sender->sent[i].count, 1);
		return 0;
	}
	return add_target(sender, target);
}

static __always_inline void set_sender(struct kidos_connect_sender *sender, __u64 socket,
				       __u32 netns)
{
	struct kidos_connect_attempt attempt = {};

	who(&attempt);
	sender->owner = attempt.owner;
	sender->tgid = attempt.tgid;
	sender->tgid_initial = attempt.tgid_initial;
	sender->tid = attempt.tid;
	sender->uid = attempt.uid;
	sender->socket = socket;
	sender->netns = netns;
}

#endif
