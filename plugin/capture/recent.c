/* SPDX-License-Identifier: MIT */
#include "capture/recent.h"
#include "core/flow_key.h"

#include <string.h>

#define PROBES 16u

/* 0 while it is written, so that no reader takes half of it for the whole. */
static void open_element(__u64 *sequence)
{
	__atomic_store_n(sequence, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void close_element(__u64 *sequence, uint64_t value)
{
	__atomic_store_n(sequence, value, __ATOMIC_RELEASE);
}

static void keep_record(struct kidos_recent *recent, unsigned int mirror, uint64_t time_ns,
			uint32_t length, const struct kidos_packet *packet)
{
	uint64_t sequence = ++recent->last;
	struct kidos_packet_record *record =
		&recent->records[(sequence - 1) % KIDOS_PACKET_RECORDS];
	const struct kidos_flow_key *key = &packet->key;

	open_element(&record->sequence);
	record->time_ns = time_ns;
	record->src = key->src;
	record->dst = key->dst;
	record->sport = key->sport;
	record->dport = key->dport;
	record->length = length;
	record->protocol = (__u8)kidos_key_protocol(key);
	record->class = packet->class;
	record->ipv4 = kidos_key_is_ipv4(key);
	record->mirror = (__u8)mirror;
	record->vlan = (__u16)kidos_key_vlan(key);
	record->has_key = packet->has_key;
	close_element(&record->sequence, sequence);
}

static void add(struct kidos_count *count, uint32_t length)
{
	count->packets++;
	count->bytes += length;
}

static bool is_pair(const struct kidos_pair *pair, const struct kidos_flow_key *key)
{
	return pair->protocol == kidos_key_protocol(key) && pair->ipv4 == kidos_key_is_ipv4(key) &&
	       !memcmp(&pair->src, &key->src, sizeof(key->src)) &&
	       !memcmp(&pair->dst, &key->dst, sizeof(key->dst));
}

/* The pair's place, or a free one, or NULL. */
static struct kidos_pair *find_pair(struct kidos_recent *recent, const struct kidos_flow_key *key)
{
	struct kidos_flow_key ends = { .src = key->src,
				       .dst = key->dst,
				       .meta = kidos_key_protocol(key) |
					       (key->meta & KIDOS_META_IPV4) };
	uint64_t home = kidos_key_hash(&ends, recent->seed);

	for (uint64_t i = 0; i < PROBES; i++) {
		struct kidos_pair *pair = &recent->pairs[(home + i) % KIDOS_PAIRS];

		if (!pair->packets || is_pair(pair, key))
			return pair;
	}
	return NULL;
}

static void count_pair(struct kidos_recent *recent, uint32_t length,
		       const struct kidos_flow_key *key)
{
	struct kidos_pair *pair = find_pair(recent, key);
	uint64_t sequence;

	if (!pair) {
		add(&recent->unpaired, length);
		return;
	}
	sequence = pair->sequence + 1;
	open_element(&pair->sequence);
	if (!pair->packets) {
		pair->src = key->src;
		pair->dst = key->dst;
		pair->protocol = (__u8)kidos_key_protocol(key);
		pair->ipv4 = kidos_key_is_ipv4(key);
	}
	pair->packets++;
	pair->bytes += length;
	close_element(&pair->sequence, sequence);
}

void kidos_recent_take(struct kidos_recent *recent, unsigned int mirror, uint64_t time_ns,
		       uint32_t length, const struct kidos_packet *packet)
{
	keep_record(recent, mirror, time_ns, length, packet);
	if (packet->has_key)
		count_pair(recent, length, &packet->key);
	else
		add(&recent->keyless, length);
}

void kidos_recent_clear(struct kidos_recent *recent)
{
	for (unsigned int i = 0; i < KIDOS_PAIRS; i++) {
		struct kidos_pair *pair = &recent->pairs[i];
		uint64_t sequence = pair->sequence;

		open_element(&pair->sequence);
		pair->packets = pair->bytes = 0;
		close_element(&pair->sequence, sequence + 1);
	}
	recent->unpaired = recent->keyless = (struct kidos_count){};
}

/* The sequence before and after, around a copy of `size` bytes. */
static bool read_element(const void *from, size_t size, void *to)
{
	const __u64 *sequence = from;
	__u64 before = __atomic_load_n(sequence, __ATOMIC_ACQUIRE);

	memcpy(to, from, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return before && __atomic_load_n(sequence, __ATOMIC_RELAXED) == before &&
	       *(const __u64 *)to == before;
}

bool kidos_record_read(const struct kidos_packet_record *from, struct kidos_packet_record *record)
{
	return read_element(from, sizeof(*record), record) && record->class < KIDOS_CLASSES;
}

bool kidos_pair_read(const struct kidos_pair *from, struct kidos_pair *pair)
{
	return read_element(from, sizeof(*pair), pair) && pair->packets;
}
