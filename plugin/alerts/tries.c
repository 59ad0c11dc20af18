/* SPDX-License-Identifier: MIT */
#include "alerts/tries.h"
#include "alerts/suspects.h"
#include "core/flow_key.h"
#include "core/hash.h"
#include "state/flow_find.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES (1u << 18) /* cells */
#define PORTS (1u << 16)
#define REPEATS (1u << 18)
#define CELL_SUSPECT 0x8000u /* a suspect counts here */
#define CELL_HOT 0x4000u /* so many datagrams that each has to be looked up */
#define CELL_MOST 0x3fffu

#define FINDS 16384u /* look-ups of answers in a scan: some milliseconds */
#define CHECKS 4096u /* ... for one syn_flood */
#define OTHER_SLOTS 8u /* interfaces on which an answer may have gone another way */
#define ANSWER_NS 1000000000u /* what is younger may be answered yet */

enum rule { PORT_SCAN, HOST_SWEEP, SYN_FLOOD, REPEATED_FLOW };

static const enum kidos_alert_kind kinds[] = {
	[PORT_SCAN] = KIDOS_ALERT_PORT_SCAN,
	[HOST_SWEEP] = KIDOS_ALERT_HOST_SWEEP,
	[SYN_FLOOD] = KIDOS_ALERT_SYN_FLOOD,
	[REPEATED_FLOW] = KIDOS_ALERT_REPEATED_FLOW,
};

struct kidos_tries {
	struct kidos_rules_base base;
	uint32_t window, answer; /* kidos time units */
	uint32_t finds; /* in this scan */
	unsigned int floods; /* suspects of syn_flood */
	struct {
		uint16_t datagrams; /* flows of them, answered or not */
		uint16_t vain; /* flows that nobody answered */
	} sources[SOURCES]; /* side by side: one cache miss */
	uint16_t half[PORTS]; /* by destination and port */
	struct kidos_suspects suspects;
	uint16_t repeats[]; /* REPEATS, or none */
};

uint64_t kidos_tries_bytes(const struct kidos_alert_settings *settings)
{
	return sizeof(struct kidos_tries) +
	       (settings->repeated_flow ? REPEATS * sizeof(uint16_t) : 0);
}

struct kidos_tries *kidos_tries_new(const struct kidos_rules_base *base)
{
	struct kidos_tries *tries = calloc(1, kidos_tries_bytes(base->settings));
	uint64_t unit_ns = base->context->meta.unit_ns;

	if (!tries)
		return NULL;
	tries->base = *base;
	tries->window = (uint32_t)(base->settings->window * 1000000000u / unit_ns);
	tries->answer = (uint32_t)(ANSWER_NS / unit_ns);
	return tries;
}

void kidos_tries_free(struct kidos_tries *tries)
{
	free(tries);
}

/* From how many flows on a source, by its cell, may be a scanner; 0: nobody asks. */
static unsigned int vain_limit(const struct kidos_alert_settings *settings)
{
	if (!settings->port_scan || !settings->host_sweep)
		return (unsigned int)(settings->port_scan + settings->host_sweep);
	return (unsigned int)(settings->port_scan < settings->host_sweep ? settings->port_scan
									 : settings->host_sweep);
}

static unsigned int half_limit(const struct kidos_alert_settings *settings)
{
	return (unsigned int)(kidos_alert_kinds[KIDOS_ALERT_SYN_FLOOD].least * settings->syn_flood /
			      100);
}

static uint16_t *cell_of(struct kidos_tries *tries, unsigned int rule, uint32_t cell)
{
	switch (rule) {
	case SYN_FLOOD:
		return &tries->half[cell % PORTS];
	case REPEATED_FLOW:
		return &tries->repeats[cell % REPEATS];
	default:
		return &tries->sources[cell % SOURCES].vain;
	}
}

void kidos_tries_begin(struct kidos_tries *tries)
{
	unsigned int limit = vain_limit(tries->base.settings);

	for (size_t i = 0; i < SOURCES; i++) {
		tries->sources[i].vain =
			limit && tries->sources[i].datagrams >= limit ? CELL_HOT : 0;
		tries->sources[i].datagrams = 0;
	}
	memset(tries->half, 0, sizeof(tries->half));
	if (tries->base.settings->repeated_flow)
		memset(tries->repeats, 0, REPEATS * sizeof(tries->repeats[0]));
	kidos_suspects_begin(&tries->suspects);
	tries->finds = tries->floods = 0;
	for (size_t i = 0; i < KIDOS_SUSPECTS; i++) {
		const struct kidos_suspect *suspect = &tries->suspects.items[i];

		if (!suspect->hash)
			continue;
		*cell_of(tries, suspect->rule, suspect->cell) |= CELL_SUSPECT;
		tries->floods += suspect->rule == SYN_FLOOD;
	}
}

/* What all flows of a suspect share. */
static struct kidos_flow_key who_of(enum rule rule, const struct kidos_flow_key *key)
{
	struct kidos_flow_key who = {
		.meta = key->meta & KIDOS_RULE_SOURCE,
	};

	if (rule != SYN_FLOOD)
		who.src = key->src;
	if (rule == PORT_SCAN || rule == HOST_SWEEP)
		return who;
	who.dst = key->dst;
	who.dport = key->dport;
	who.meta |= kidos_key_protocol(key);
	return who;
}

/* One more in a cell; true if its flows are to be taken one by one. */
static bool count(uint16_t *cell, unsigned int limit)
{
	if ((*cell & CELL_MOST) < CELL_MOST)
		++*cell;
	return *cell & CELL_SUSPECT || (*cell & CELL_MOST) >= limit;
}

/* NULL where there is no room, or the flow is exempt. */
static struct kidos_suspect *suspect_of(struct kidos_tries *tries, enum rule rule, uint64_t hash,
					const struct kidos_flow_key *key)
{
	struct kidos_suspect *suspect;

	if (kidos_exempts_flow(tries->base.exempts, kinds[rule], key))
		return NULL;
	suspect = kidos_suspect_of(&tries->suspects, (hash ^ rule * 0x9e3779b97f4a7c15u) | 1);
	if (!suspect) {
		++*tries->base.unjudged;
		return NULL;
	}
	if (!suspect->hash) {
		suspect->hash = (hash ^ rule * 0x9e3779b97f4a7c15u) | 1;
		suspect->rule = rule;
		suspect->cell = (uint32_t)hash;
		suspect->who = who_of(rule, key);
		tries->floods += rule == SYN_FLOOD;
	}
	suspect->example = *key;
	return suspect;
}

static uint32_t host_hash(const struct kidos_tries *tries, const struct kidos_flow_key *key)
{
	return (uint32_t)kidos_hash_words(key->dst.halves, 2, tries->base.seed);
}

/* Of what is tried, and on which interface. */
static uint64_t service_hash(const struct kidos_tries *tries, const struct kidos_flow_key *key)
{
	const uint64_t words[] = { key->dst.halves[0], key->dst.halves[1],
				   (uint64_t)key->dport << 32 | (key->meta & KIDOS_RULE_SOURCE) |
					   kidos_key_protocol(key) };

	return kidos_hash_words(words, sizeof(words) / sizeof(words[0]), tries->base.seed);
}

/* A flow that its source began and nobody answered, or by a refusal. */
static void see_vain(struct kidos_tries *tries, uint64_t hash, const struct kidos_flow_key *key)
{
	const struct kidos_alert_settings *settings = tries->base.settings;
	struct kidos_suspect *suspect;

	if (!count(&tries->sources[hash % SOURCES].vain, vain_limit(settings)))
		return;
	if (settings->port_scan && kidos_key_has_ports(key)) {
		suspect = suspect_of(tries, PORT_SCAN, hash, key);
		if (suspect)
			kidos_suspect_add(suspect, key->dport);
	}
	if (settings->host_sweep) {
		suspect = suspect_of(tries, HOST_SWEEP, hash, key);
		if (suspect)
			kidos_suspect_add(suspect, host_hash(tries, key));
	}
}

static bool find(struct kidos_tries *tries, const struct kidos_flow_key *key, uint32_t *marks)
{
	tries->finds++;
	return kidos_flow_find(&tries->base.context->maps, key, marks);
}

#define SLOT_BITS (KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT)
#define DIRECTION_BIT (1u << KIDOS_META_DIRECTION_SHIFT)
#define ICMP_REPLY 0u /* RFC 792, type << 8 */
#define ICMP_ECHO (8u << 8)
#define ICMPV6_ECHO (128u << 8) /* RFC 4443 */
#define ICMPV6_REPLY (129u << 8)

/* The key of its answers, where these leave by the way it came. */
static struct kidos_flow_key answer_of(const struct kidos_flow_key *key)
{
	struct kidos_flow_key answer = {
		.src = key->dst,
		.dst = key->src,
		.sport = key->dport,
		.dport = key->sport,
		.meta = key->meta ^ DIRECTION_BIT,
	};

	if (kidos_key_is_icmp(key)) {
		answer.sport = key->sport;
		answer.dport = kidos_key_is_ipv4(key) ? ICMP_REPLY : ICMPV6_REPLY;
	}
	return answer;
}

/* On this interface, or received beside it as on a mirror port. */
static bool find_answer(struct kidos_tries *tries, struct kidos_flow_key answer, uint32_t *marks)
{
	if (find(tries, &answer, marks))
		return true;
	answer.meta ^= DIRECTION_BIT;
	return find(tries, &answer, marks);
}

/* A router's answers may take another interface. */
static bool find_elsewhere(struct kidos_tries *tries, struct kidos_flow_key answer, uint32_t *marks)
{
	const struct kidos_context *context = tries->base.context;
	unsigned int own = kidos_key_slot(&answer), asked = 0;

	for (unsigned int slot = 1; slot < context->meta.slots && asked < OTHER_SLOTS; slot++) {
		if (slot == own || context->slots[slot].state != KIDOS_SLOT_ATTACHED)
			continue;
		asked++;
		answer.meta = (answer.meta & ~SLOT_BITS) | slot << KIDOS_META_SLOT_SHIFT;
		if (find_answer(tries, answer, marks))
			return true;
	}
	return false;
}

/* Beyond what a scan may look up nobody is blamed. */
static bool is_answered(struct kidos_tries *tries, const struct kidos_flow_key *key)
{
	struct kidos_flow_key answer = answer_of(key);
	uint32_t marks;

	if (tries->finds >= FINDS) {
		++*tries->base.unjudged;
		return true;
	}
	return find_answer(tries, answer, &marks) || find_elsewhere(tries, answer, &marks);
}

/* Multicast and broadcast: whoever answers does so from an address of his own. */
static bool is_group(const struct kidos_flow_key *key)
{
	const __u8 *bytes = key->dst.bytes;

	if (!kidos_key_is_ipv4(key))
		return bytes[0] == 0xff;
	return (bytes[12] & 0xf0) == 0xe0 || key->dst.words[3] == 0xffffffff;
}

/* Where packets of one direction alone are counted nobody knows what was answered. */
static bool hears_answers(const struct kidos_tries *tries, const struct kidos_flow_key *key)
{
	const struct kidos_slot *slot = &tries->base.context->slots[kidos_key_slot(key)];

	return slot->mirror || (slot->rung[KIDOS_RX] && slot->rung[KIDOS_TX]);
}

static bool is_recent(const struct kidos_tries *tries, const struct kidos_flow_seen *seen)
{
	return kidos_age(seen->now, seen->last) < tries->answer;
}

static void see_datagrams(struct kidos_tries *tries, const struct kidos_flow_seen *seen,
			  uint64_t hash)
{
	uint16_t *datagrams = &tries->sources[hash % SOURCES].datagrams;

	if (*datagrams < UINT16_MAX)
		++*datagrams;
	if (!(tries->sources[hash % SOURCES].vain & (CELL_HOT | CELL_SUSPECT)))
		return;
	if (is_group(seen->key) || is_recent(tries, seen) || !hears_answers(tries, seen->key) ||
	    is_answered(tries, seen->key))
		return;
	see_vain(tries, hash, seen->key);
}

/* A closed port is no flood: whose connections are refused are not half-open. */
static void check_refusal(struct kidos_tries *tries, struct kidos_suspect *suspect,
			  const struct kidos_flow_key *key)
{
	uint32_t marks = 0;

	if (suspect->checked >= CHECKS || tries->finds >= FINDS)
		return;
	suspect->checked++;
	if (find_answer(tries, answer_of(key), &marks) && marks & TH_RST)
		suspect->refused++;
}

static void see_flood(struct kidos_tries *tries, const struct kidos_flow_key *key, bool half)
{
	uint64_t hash = service_hash(tries, key);
	uint16_t *cell = &tries->half[hash % PORTS];
	struct kidos_suspect *suspect;

	if (half ? !count(cell, half_limit(tries->base.settings)) : !(*cell & CELL_SUSPECT))
		return;
	suspect = suspect_of(tries, SYN_FLOOD, hash, key);
	if (!suspect)
		return;
	suspect->flows++;
	suspect->half += half;
	if (half)
		check_refusal(tries, suspect, key);
}

/* Later fragments have neither ports nor flags. */
static void see_tcp(struct kidos_tries *tries, const struct kidos_flow_seen *seen, uint64_t source)
{
	const struct kidos_alert_settings *settings = tries->base.settings;
	unsigned int flags = seen->marks & KIDOS_MARKS_TCP_FLAGS;

	if (!seen->key->sport && !seen->key->dport)
		return;
	if (settings->syn_flood && flags & TH_SYN && (!(flags & TH_ACK) || tries->floods))
		see_flood(tries, seen->key, !(flags & TH_ACK));
	/* A reset alone is an answer. A SYN that was sent twice has waited for a second. */
	if (flags & TH_ACK || (flags & TH_RST && !(flags & TH_SYN)) || !vain_limit(settings) ||
	    (is_recent(tries, seen) && seen->packets < 2))
		return;
	see_vain(tries, source, seen->key);
}

/* Of TCP those alone that were established. */
static void see_repeated(struct kidos_tries *tries, const struct kidos_flow_seen *seen)
{
	struct kidos_flow_key who;
	struct kidos_suspect *suspect;
	uint64_t hash;

	if (!seen->key->dport || !kidos_key_has_ports(seen->key) ||
	    (kidos_key_protocol(seen->key) == IPPROTO_TCP &&
	     (~seen->marks & (TH_SYN | TH_ACK)) != 0))
		return;
	who = who_of(REPEATED_FLOW, seen->key);
	hash = kidos_key_hash(&who, tries->base.seed);
	if (!count(&tries->repeats[hash % REPEATS],
		   (unsigned int)tries->base.settings->repeated_flow))
		return;
	suspect = suspect_of(tries, REPEATED_FLOW, hash, seen->key);
	if (suspect)
		suspect->flows++;
}

static bool is_echo(const struct kidos_flow_key *key)
{
	return key->dport == (kidos_key_is_ipv4(key) ? ICMP_ECHO : ICMPV6_ECHO);
}

void kidos_tries_fetch(const struct kidos_tries *tries, uint64_t source)
{
	__builtin_prefetch(&tries->sources[source % SOURCES], 1);
}

void kidos_tries_see(struct kidos_tries *tries, const struct kidos_rule_flow *flow)
{
	const struct kidos_flow_seen *seen = &flow->seen;

	if (kidos_key_slot(seen->key) == KIDOS_SLOT_OTHER ||
	    kidos_age(seen->now, seen->last) > tries->window)
		return;
	switch (kidos_key_protocol(seen->key)) {
	case IPPROTO_TCP:
		see_tcp(tries, seen, flow->source);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (!is_echo(seen->key))
			break;
		/* fall through */
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		if (vain_limit(tries->base.settings))
			see_datagrams(tries, seen, flow->source);
		break;
	}
	if (tries->base.settings->repeated_flow)
		see_repeated(tries, seen);
}

/* Percent; of refusals, what the checked ones say of all. */
static double half_share(const struct kidos_suspect *suspect)
{
	double half = suspect->half;

	if (suspect->checked)
		half *= 1 - (double)suspect->refused / suspect->checked;
	return suspect->flows ? 100 * half / suspect->flows : 0;
}

static bool measure(const struct kidos_tries *tries, const struct kidos_suspect *suspect,
		    struct kidos_observed *observed)
{
	const struct kidos_alert_settings *settings = tries->base.settings;

	switch (suspect->rule) {
	case PORT_SCAN:
		observed->value = suspect->distinct;
		observed->threshold = (double)settings->port_scan;
		return true;
	case HOST_SWEEP:
		observed->value = suspect->distinct;
		observed->threshold = (double)settings->host_sweep;
		return true;
	case SYN_FLOOD:
		observed->value = half_share(suspect);
		observed->threshold = (double)settings->syn_flood;
		return suspect->whole && suspect->flows >= kidos_alert_kinds[observed->kind].least;
	default:
		observed->value = suspect->flows;
		observed->threshold = (double)settings->repeated_flow;
		return true;
	}
}

/* What the notification has of addresses and ports. */
static struct kidos_flow_key flow_of(const struct kidos_suspect *suspect)
{
	struct kidos_flow_key flow = suspect->who;

	if (suspect->rule == REPEATED_FLOW)
		return suspect->example;
	if (suspect->rule == PORT_SCAN)
		flow.dst = suspect->example.dst;
	flow.meta |= kidos_key_protocol(&suspect->example);
	return flow;
}

static void subject_of(const struct kidos_tries *tries, const struct kidos_suspect *suspect,
		       char subject[KIDOS_ALERT_SUBJECT])
{
	const struct kidos_flow_key who = kidos_privacy_flow(&tries->base.privacy, &suspect->who);
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(suspect->rule == SYN_FLOOD ? &who.dst : &who.src,
			   kidos_key_is_ipv4(&who), text);
	if (who.dport)
		snprintf(subject, KIDOS_ALERT_SUBJECT, "%s port %u", text, who.dport);
	else
		snprintf(subject, KIDOS_ALERT_SUBJECT, "%s", text);
}

static void judge(const struct kidos_tries *tries, struct kidos_suspect *suspect)
{
	struct kidos_flow_key flow = flow_of(suspect);
	char subject[KIDOS_ALERT_SUBJECT];
	struct kidos_observed observed = { .kind = kinds[suspect->rule],
					   .slot = kidos_key_slot(&suspect->who),
					   .flow = &flow,
					   .subject = subject };
	bool known = measure(tries, suspect, &observed);

	subject_of(tries, suspect, subject);
	if (known)
		kidos_rule_observe(&tries->base, &observed);
	/* Whose flows were all seen, and are less than half of what it takes, is none. */
	if (suspect->whole && (!known || observed.value * 2 < observed.threshold))
		suspect->hash = 0;
}

void kidos_tries_judge(struct kidos_tries *tries)
{
	*tries->base.unjudged += tries->suspects.evicted;
	tries->suspects.evicted = 0;
	for (size_t i = 0; i < KIDOS_SUSPECTS; i++)
		if (tries->suspects.items[i].hash)
			judge(tries, &tries->suspects.items[i]);
}
