/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>
#include "parse_check.h"

/* The first pattern shows what the parser left unwritten, padding excepted. */
static void parse_over(const struct kidos_frame *frame, struct parse_result *result, int pattern)
{
	memset(&result->outer, pattern, sizeof(result->outer));
	memset((char *)&result->outer + offsetof(struct kidos_packet, tunnel) + 1, 0,
	       sizeof(result->outer) - offsetof(struct kidos_packet, tunnel) - 1);
	result->inner = result->outer;
	kidos_parse(frame, &result->outer);
	if (result->outer.tunnel)
		kidos_parse_inner(frame, &result->outer, &result->inner);
	else
		memset(&result->inner, 0, sizeof(result->inner));
}

void parse_both(const struct kidos_frame *frame, struct parse_result *result)
{
	parse_over(frame, result, 0);
}

static int is_zero(const void *bytes, size_t size)
{
	static const char zero[sizeof(struct kidos_packet)];

	return !memcmp(bytes, zero, size);
}

static int has_ports(__u8 protocol)
{
	switch (protocol) {
	case KIDOS_IP_TCP:
	case KIDOS_IP_UDP:
	case KIDOS_IP_UDPLITE:
	case KIDOS_IP_SCTP:
	case KIDOS_IP_DCCP:
	case KIDOS_IP_ICMP:
	case KIDOS_IP_ICMPV6:
		return 1;
	default:
		return 0;
	}
}

static int is_mapped(const union kidos_address *address)
{
	static const __u8 prefix[12] = { [10] = 0xff, 0xff };

	return !memcmp(address->bytes, prefix, sizeof(prefix));
}

static const char *broken_key(const struct kidos_packet *packet)
{
	const struct kidos_flow_key *key = &packet->key;

	if (!packet->has_key)
		return is_zero(key, sizeof(*key)) ? NULL : "a packet without a key has a zero key";
	if (packet->error || packet->class > KIDOS_CLASS_OTHER_IP)
		return "a key is of an IP packet without an error";
	if (packet->class != kidos_class_of(key->meta & 0xff))
		return "the class follows from the key's protocol";
	if (key->meta &
	    (KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT | 1u << KIDOS_META_DIRECTION_SHIFT))
		return "slot and direction are the caller's";
	if (key->meta & KIDOS_META_IPV4 && !(is_mapped(&key->src) && is_mapped(&key->dst)))
		return "IPv4 addresses are mapped";
	if (!has_ports(key->meta & 0xff) && (key->sport || key->dport))
		return "a protocol without ports has none";
	return NULL;
}

static const char *broken_packet(const struct kidos_frame *frame, const struct kidos_packet *packet)
{
	if (packet->class >= KIDOS_CLASSES || packet->error >= KIDOS_PARSE_ERRORS ||
	    packet->tunnel > KIDOS_TUNNEL_6IN4 || packet->has_key > 1)
		return "class, error and tunnel are valid";
	if (!packet->error && !packet->has_key && packet->class < KIDOS_CLASS_ARP)
		return "an IP packet has an error or a key";
	if (packet->headers > frame->length || (packet->headers && packet->error))
		return "headers end in the frame";
	if (packet->inner && (packet->inner >= frame->length || !packet->tunnel || packet->error))
		return "the inner packet begins in the frame";
	if (packet->tcp_flags && packet->class != KIDOS_CLASS_TCP)
		return "flags are TCP's";
	return broken_key(packet);
}

const char *parse_broken_rule(const struct kidos_frame *frame, const struct parse_result *result)
{
	struct parse_result again;
	const char *rule = broken_packet(frame, &result->outer);

	if (!rule && result->outer.tunnel)
		rule = broken_packet(frame, &result->inner);
	if (rule)
		return rule;
	if (result->inner.headers && result->inner.headers <= result->outer.inner)
		return "the inner headers end behind its beginning";
	parse_over(frame, &again, 0xff);
	if (memcmp(&again, result, sizeof(again)))
		return "everything is written, and the same twice";
	return NULL;
}

static int is_same_flow(const struct kidos_packet *a, const struct kidos_packet *b)
{
	return a->has_key == b->has_key && a->class == b->class &&
	       !memcmp(&a->key, &b->key, sizeof(a->key));
}

const char *parse_cut_rule(const struct parse_result *whole, const struct parse_result *cut)
{
	if (cut->outer.has_key && !is_same_flow(&whole->outer, &cut->outer))
		return "a cut frame has the same key or none";
	if (cut->inner.has_key && !is_same_flow(&whole->inner, &cut->inner))
		return "a cut inner packet has the same key or none";
	return NULL;
}

static int is_same_or_short(const struct kidos_packet *whole, const struct kidos_packet *part)
{
	if (kidos_is_short(part->error))
		return 1;
	return part->error == whole->error && is_same_flow(whole, part);
}

const char *parse_window_rule(const struct parse_result *whole, const struct parse_result *part)
{
	if (!is_same_or_short(&whole->outer, &part->outer))
		return "a smaller window gives the same packet or asks for more";
	if (part->outer.tunnel && !part->outer.error &&
	    !is_same_or_short(&whole->inner, &part->inner))
		return "a smaller window gives the same inner packet or asks for more";
	return NULL;
}
