/* SPDX-License-Identifier: MIT */
#include "eventlog/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (2 * KIDOS_LOG_SOURCES) /* a power of two */

int kidos_log_summary_init(struct kidos_log_summary *summary)
{
	*summary = (struct kidos_log_summary){
		.sources = calloc(KIDOS_LOG_SOURCES, sizeof(*summary->sources)),
		.index = calloc(PLACES, sizeof(*summary->index)),
		.seed = kidos_key_seed(), /* whoever sends cannot choose where sources lie */
	};
	return summary->sources && summary->index ? 0 : -ENOMEM;
}

void kidos_log_summary_free(struct kidos_log_summary *summary)
{
	free(summary->sources);
	free(summary->index);
	*summary = (struct kidos_log_summary){};
}

uint64_t kidos_log_summary_bytes(void)
{
	return KIDOS_LOG_SOURCES * sizeof(struct kidos_log_source) + PLACES * sizeof(uint32_t);
}

static unsigned int class_of(unsigned int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return KIDOS_LOG_TCP;
	case IPPROTO_UDP:
		return KIDOS_LOG_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return KIDOS_LOG_ICMP;
	default:
		return KIDOS_LOG_OTHER;
	}
}

static bool is_of(const struct kidos_log_source *source, const struct kidos_flow_key *key)
{
	return source->ipv4 == kidos_key_is_ipv4(key) &&
	       !memcmp(&source->address, &key->src, sizeof(key->src));
}

/* NULL: there is no room for one more. */
static struct kidos_log_source *find(struct kidos_log_summary *summary,
				     const struct kidos_flow_key *key)
{
	const struct kidos_flow_key of = { .src = key->src, .meta = key->meta & KIDOS_META_IPV4 };
	size_t at = kidos_key_hash(&of, summary->seed) & (PLACES - 1);
	struct kidos_log_source *source;

	for (; summary->index[at]; at = (at + 1) & (PLACES - 1)) {
		source = &summary->sources[summary->index[at] - 1];
		if (is_of(source, key))
			return source;
	}
	if (summary->count == KIDOS_LOG_SOURCES)
		return NULL;
	source = &summary->sources[summary->count++];
	summary->index[at] = (uint32_t)summary->count;
	*source = (struct kidos_log_source){ .address = key->src, .ipv4 = kidos_key_is_ipv4(key) };
	return source;
}

static void add_to(struct kidos_log_source *source, unsigned int class,
		   const struct kidos_count *gained, uint64_t first_ns, uint64_t last_ns)
{
	source->all.packets += gained->packets;
	source->all.bytes += gained->bytes;
	source->classes[class].packets += gained->packets;
	source->classes[class].bytes += gained->bytes;
	if (!source->first_ns || first_ns < source->first_ns)
		source->first_ns = first_ns;
	if (last_ns > source->last_ns)
		source->last_ns = last_ns;
}

void kidos_log_summary_add(struct kidos_log_summary *summary, const struct kidos_flow_key *key,
			   const struct kidos_count *gained, uint64_t first_ns, uint64_t last_ns)
{
	unsigned int class = class_of(kidos_key_protocol(key));
	struct kidos_log_source *source = find(summary, key);

	summary->rows++;
	add_to(&summary->total, class, gained, first_ns, last_ns);
	if (source)
		add_to(source, class, gained, first_ns, last_ns);
	else
		summary->unknown++;
}

static int descending(const void *a, const void *b)
{
	const struct kidos_log_source *left = a, *right = b;
	uint64_t x = left->all.bytes, y = right->all.bytes;

	return x != y ? (x < y) - (x > y) : memcmp(&left->address, &right->address, 16);
}

size_t kidos_log_summary_rank(struct kidos_log_summary *summary)
{
	qsort(summary->sources, summary->count, sizeof(*summary->sources), descending);
	return summary->count < KIDOS_LOG_TOP ? summary->count : KIDOS_LOG_TOP;
}

void kidos_log_summary_clear(struct kidos_log_summary *summary)
{
	memset(summary->index, 0, PLACES * sizeof(*summary->index));
	summary->count = 0;
	summary->rows = summary->unknown = 0;
	summary->total = (struct kidos_log_source){};
}

/* "TCP 3 packets 180 bytes", of those that there were. */
static void put_classes(struct kidos_log_text *text, const struct kidos_log_source *source)
{
	static const char *const names[KIDOS_LOG_CLASSES] = { "TCP", "UDP", "ICMP", "other" };

	for (unsigned int i = 0; i < KIDOS_LOG_CLASSES; i++) {
		if (!source->classes[i].packets)
			continue;
		kidos_log_put_string(text, ", ");
		kidos_log_put_string(text, names[i]);
		kidos_log_put_char(text, ' ');
		kidos_log_put_number(text, source->classes[i].packets);
		kidos_log_put_string(text, " packets ");
		kidos_log_put_number(text, source->classes[i].bytes);
		kidos_log_put_string(text, " bytes");
	}
}

static void fill(struct kidos_log_entry *entry, const struct kidos_log_source *source)
{
	entry->packets = source->all.packets;
	entry->bytes = source->all.bytes;
	entry->first_ns = source->first_ns;
	entry->last_ns = source->last_ns;
}

static double seconds_of(const struct kidos_log_source *source)
{
	return source->last_ns > source->first_ns
		       ? (double)(source->last_ns - source->first_ns) / 1e9
		       : 0;
}

void kidos_log_fill_source(struct kidos_log_entry *entry, const struct kidos_log_source *source,
			   size_t rank, char message[KIDOS_LOG_MESSAGE])
{
	int length = snprintf(message, KIDOS_LOG_MESSAGE, "source %zu: duration %.3f s", rank,
			      seconds_of(source));
	struct kidos_log_text text = { message, message + length, message + KIDOS_LOG_MESSAGE - 1,
				       false };

	put_classes(&text, source);
	*text.at = '\0';
	entry->kind = KIDOS_LOG_SUMMARY;
	entry->message = message;
	fill(entry, source);
	kidos_address_text(&source->address, source->ipv4, entry->src);
}

void kidos_log_fill_total(struct kidos_log_entry *entry, const struct kidos_log_summary *summary,
			  char message[KIDOS_LOG_MESSAGE])
{
	int length = snprintf(message, KIDOS_LOG_MESSAGE, "%s%zu sources, %" PRIu64 " rows",
			      summary->unknown ? "more than " : "", summary->count, summary->rows);
	struct kidos_log_text text = { message, message + length, message + KIDOS_LOG_MESSAGE - 1,
				       false };

	put_classes(&text, &summary->total);
	*text.at = '\0';
	entry->kind = KIDOS_LOG_TOTAL;
	entry->message = message;
	fill(entry, &summary->total);
}
