/* SPDX-License-Identifier: MIT */
#include "connects/whose.h"
#include "core/flow_key.h"
#include "core/hash.h"
#include "core/text.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WAYS 8u
#define MPTCP 262 /* IPPROTO_MPTCP */
#define SECOND_NS 1000000000ull
#define HANDSHAKE_NS SECOND_NS /* packets of an accepted one came so long before, at most */
#define SENT_NS (60 * SECOND_NS) /* datagrams were sent so long before they are told of, or so */

/* Tags are read first: they lie in one line of the cache. */
struct bucket {
	uint32_t tags[WAYS]; /* 0: free */
	struct kidos_connect_known entries[WAYS];
};

struct kidos_connect_table {
	size_t buckets;
	uint64_t seed;
	struct bucket items[];
};

size_t kidos_connect_table_bytes(size_t entries)
{
	return sizeof(struct kidos_connect_table) + entries / WAYS * sizeof(struct bucket);
}

struct kidos_connect_table *kidos_connect_table_new(size_t entries, uint64_t seed)
{
	struct kidos_connect_table *table = calloc(1, kidos_connect_table_bytes(entries));

	if (!table)
		return NULL;
	table->buckets = entries / WAYS;
	table->seed = seed;
	return table;
}

void kidos_connect_table_free(struct kidos_connect_table *table)
{
	free(table);
}

void kidos_connect_table_clear(struct kidos_connect_table *table)
{
	for (size_t i = 0; i < table->buckets; i++)
		memset(table->items[i].tags, 0, sizeof(table->items[i].tags));
}

/* --- what is known --- */

static bool is_any(const union kidos_address *address)
{
	return !address->halves[0] && !address->words[3] &&
	       (!address->words[2] || address->words[2] == htonl(0xffff));
}

/* How long before the record its packets began. */
static uint64_t age_of(const struct kidos_connect_record *record)
{
	switch (record->kind) {
	case KIDOS_CONNECT_ACCEPT:
		return HANDSHAKE_NS;
	case KIDOS_CONNECT_SEND:
		return SENT_NS;
	case KIDOS_CONNECT_CLOSE: /* 0: it is older than the daemon */
		return record->latency ? record->latency : UINT64_MAX;
	default:
		return record->latency;
	}
}

static bool has_ended(const struct kidos_connect_record *record)
{
	return record->kind == KIDOS_CONNECT_CLOSE ||
	       (record->type == SOCK_STREAM && record->outcome != KIDOS_CONNECT_SUCCEEDED);
}

bool kidos_connect_known_by_record(const struct kidos_connect_record *record,
				   struct kidos_connect_known *known)
{
	uint32_t pid = record->tgid ? record->tgid : record->tgid_initial;
	uint64_t age = age_of(record);

	if (!pid || !record->sport || (record->family != AF_INET && record->family != AF_INET6))
		return false;
	*known = (struct kidos_connect_known){
		.src = record->src,
		.dst = record->dst,
		.sport = record->sport,
		.dport = record->dport,
		.netns = record->netns,
		.owner = record->owner,
		.pid = pid,
		.protocol = (uint8_t)(record->protocol == MPTCP ? IPPROTO_TCP : record->protocol),
	};
	if (is_any(&known->src))
		known->src = (union kidos_address){};
	known->begin = age < record->time ? record->time - age : 0;
	known->end = has_ended(record) ? record->time : 0;
	known->at = record->time;
	return true;
}

bool kidos_connect_known_by_socket(const struct kidos_connect_socket *socket, uint64_t now,
				   struct kidos_connect_known *known)
{
	uint32_t pid = socket->tgid ? socket->tgid : socket->tgid_initial;

	if (!pid || socket->state == TCP_LISTEN)
		return false;
	*known = (struct kidos_connect_known){
		.src = socket->src,
		.dst = socket->dst,
		.sport = socket->sport,
		.dport = socket->dport,
		.netns = socket->netns,
		.owner = socket->owner,
		.pid = pid,
		.protocol = IPPROTO_TCP,
		.begin = socket->since,
		.at = now,
	};
	return true;
}

/* --- the table --- */

static uint64_t hash_end(const union kidos_address *address, uint16_t port, uint64_t seed)
{
	const uint64_t words[] = { address->halves[0], address->halves[1], port };

	return kidos_hash_words(words, 3, seed);
}

/* Both directions have the same. */
static uint64_t hash_of(const struct kidos_connect_table *table,
			const struct kidos_connect_known *known)
{
	uint64_t sum = hash_end(&known->src, known->sport, table->seed) +
		       hash_end(&known->dst, known->dport, table->seed) + known->protocol;

	return kidos_hash_words(&sum, 1, table->seed);
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)hash | 1;
}

static struct bucket *bucket_of(struct kidos_connect_table *table, uint64_t hash)
{
	return &table->items[(hash >> 32) & (table->buckets - 1)];
}

static bool is_end(const union kidos_address *one, uint16_t port, const union kidos_address *other,
		   uint16_t other_port)
{
	return port == other_port && one->halves[0] == other->halves[0] &&
	       one->halves[1] == other->halves[1];
}

static bool is_same_way(const struct kidos_connect_known *one,
			const struct kidos_connect_known *other)
{
	return one->protocol == other->protocol &&
	       is_end(&one->src, one->sport, &other->src, other->sport) &&
	       is_end(&one->dst, one->dport, &other->dst, other->dport);
}

static bool is_other_way(const struct kidos_connect_known *one,
			 const struct kidos_connect_known *other)
{
	return one->protocol == other->protocol &&
	       is_end(&one->src, one->sport, &other->dst, other->dport) &&
	       is_end(&one->dst, one->dport, &other->src, other->sport);
}

static bool is_owner(const struct kidos_connect_known *one, const struct kidos_connect_known *other)
{
	return one->pid == other->pid && !memcmp(&one->owner, &other->owner, sizeof(one->owner));
}

/* A former one with these addresses and ports had ended: what came before then was that one's. */
static void cut_begin(const struct bucket *bucket, struct kidos_connect_known *known)
{
	for (unsigned int i = 0; i < WAYS; i++) {
		const struct kidos_connect_known *former = &bucket->entries[i];

		if (bucket->tags[i] && former->end && former->end <= known->at &&
		    former->end > known->begin && (!known->end || former->end < known->end) &&
		    former->netns == known->netns && is_same_way(former, known))
			known->begin = former->end;
	}
}

/* The same connection, or NULL. */
static struct kidos_connect_known *find_same(struct bucket *bucket, uint32_t tag,
					     const struct kidos_connect_known *known)
{
	for (unsigned int i = 0; i < WAYS; i++) {
		struct kidos_connect_known *entry = &bucket->entries[i];

		if (bucket->tags[i] == tag && entry->netns == known->netns &&
		    is_same_way(entry, known) && is_owner(entry, known) &&
		    (!entry->end || known->begin < entry->end) &&
		    (!known->end || entry->begin < known->end))
			return entry;
	}
	return NULL;
}

/* What is open is kept longest, of that what was asked for last. */
static bool goes_before(const struct kidos_connect_known *one,
			const struct kidos_connect_known *other)
{
	bool open = one->protocol == IPPROTO_TCP && !one->end;
	bool other_open = other->protocol == IPPROTO_TCP && !other->end;

	return open != other_open ? other_open : one->at < other->at;
}

static unsigned int place_in(const struct bucket *bucket)
{
	unsigned int place = 0;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (!bucket->tags[i])
			return i;
		if (goes_before(&bucket->entries[i], &bucket->entries[place]))
			place = i;
	}
	return place;
}

void kidos_connect_table_put(struct kidos_connect_table *table,
			     const struct kidos_connect_known *known)
{
	uint64_t hash = hash_of(table, known);
	struct bucket *bucket = bucket_of(table, hash);
	struct kidos_connect_known new = *known, *same;
	unsigned int place;

	cut_begin(bucket, &new);
	same = find_same(bucket, tag_of(hash), &new);
	if (same) {
		same->begin = new.begin < same->begin ? new.begin : same->begin;
		same->end = same->end ? same->end : new.end;
		same->at = new.at > same->at ? new.at : same->at;
		return;
	}
	place = place_in(bucket);
	bucket->tags[place] = tag_of(hash);
	bucket->entries[place] = new;
}

/* --- whose a packet is --- */

/* The packet as its sender's end would be. */
static struct kidos_connect_known end_of(const struct kidos_whose *packet)
{
	return (struct kidos_connect_known){
		.src = packet->flow->src,
		.dst = packet->flow->dst,
		.sport = packet->flow->sport,
		.dport = packet->flow->dport,
		.netns = packet->netns,
		.protocol = (uint8_t)kidos_key_protocol(packet->flow),
	};
}

static bool is_loopback(const union kidos_address *address)
{
	if (address->halves[0])
		return false;
	if (address->words[2] == htonl(0xffff))
		return ntohl(address->words[3]) >> 24 == 127;
	return !address->words[2] && address->words[3] == htonl(1);
}

/* 0: not this one; else the higher the better. */
static unsigned int rank_of(const struct kidos_connect_known *entry,
			    const struct kidos_connect_known *end, const struct kidos_whose *packet)
{
	bool here = entry->netns == packet->netns;
	unsigned int rank = here ? 2 : 1;

	if (entry->begin > packet->boot_ns ||
	    (packet->begins && entry->end && entry->end <= packet->boot_ns) ||
	    (!here && is_loopback(&entry->dst)))
		return 0;
	if (is_same_way(entry, end))
		return rank + 2;
	return is_other_way(entry, end) ? rank : 0;
}

static struct kidos_connect_known *find_end(struct kidos_connect_table *table,
					    const struct kidos_connect_known *end,
					    const struct kidos_whose *packet)
{
	uint64_t hash = hash_of(table, end);
	struct bucket *bucket = bucket_of(table, hash);
	struct kidos_connect_known *best = NULL;
	unsigned int rank, best_rank = 0;
	bool unclear = false;

	for (unsigned int i = 0; i < WAYS; i++) {
		struct kidos_connect_known *entry = &bucket->entries[i];

		rank = bucket->tags[i] == tag_of(hash) ? rank_of(entry, end, packet) : 0;
		if (!rank || rank < best_rank)
			continue;
		/* Two networks with the same addresses: it may be either's. */
		unclear = rank == best_rank && (unclear || entry->netns != best->netns);
		if (rank > best_rank || entry->begin > best->begin)
			best = entry;
		best_rank = rank;
	}
	return unclear ? NULL : best;
}

/* A socket that is bound to no address sends from any, and receives at any. */
static struct kidos_connect_known *find_unbound(struct kidos_connect_table *table,
						const struct kidos_connect_known *end,
						const struct kidos_whose *packet)
{
	struct kidos_connect_known *found, unbound = *end;

	unbound.src = (union kidos_address){};
	found = find_end(table, &unbound, packet);
	if (found)
		return found;
	unbound = *end;
	unbound.dst = (union kidos_address){};
	return find_end(table, &unbound, packet);
}

const struct kidos_connect_known *kidos_connect_table_find(struct kidos_connect_table *table,
							   const struct kidos_whose *packet)
{
	const struct kidos_connect_known end = end_of(packet);
	struct kidos_connect_known *found = find_end(table, &end, packet);

	if (!found && end.protocol == IPPROTO_UDP)
		found = find_unbound(table, &end, packet);
	if (found && packet->boot_ns > found->at)
		found->at = packet->boot_ns;
	return found;
}

void kidos_connect_say(const struct kidos_connect_known *known, const char *unit,
		       const struct kidos_privacy *privacy, char words[KIDOS_WHOSE_WORDS])
{
	char raw[KIDOS_COMM + 1] = "", text[KIDOS_WHOSE_WORDS];
	size_t used = 0;

	memcpy(raw, known->owner.comm, KIDOS_COMM);
	kidos_text_escape_quotes(raw, text, sizeof(text));
	if (!privacy->hide_commands)
		used = (size_t)snprintf(words, KIDOS_WHOSE_WORDS, "command=\"%.*s\" ",
					4 * KIDOS_COMM, text);
	used += (size_t)snprintf(words + used, KIDOS_WHOSE_WORDS - used, "pid=%u", known->pid);
	if (privacy->hide_commands || !*unit)
		return;
	kidos_text_escape_quotes(unit, text, KIDOS_WHOSE_WORDS - used - sizeof(" unit=\"\""));
	snprintf(words + used, KIDOS_WHOSE_WORDS - used, " unit=\"%s\"", text);
}
