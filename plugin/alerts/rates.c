/* SPDX-License-Identifier: MIT */
#include "alerts/rates.h"
#include "core/community_id.h"
#include "core/flow_key.h"

#include <stdlib.h>
#include <string.h>

#define SETS 128u
#define WAYS 8u
#define BINS 12u /* of the last minute */
#define BIN_NS 5000000000u
#define MINUTE_NS 60000000000u
#define SECOND_NS 1e9

/* A flow of many packets a second. */
struct fast {
	uint64_t hash; /* of its key, 0: free */
	double rate; /* at the last scan that saw it */
	double raised; /* the rate that raised its alert, 0: there is none */
	double threshold; /* that it had passed */
	uint32_t bin; /* number of the newest one */
	uint32_t packets[BINS];
};

struct kidos_rates {
	struct kidos_rules_base base;
	uint64_t seed, unit_ns;
	uint32_t now, before; /* this scan and the last one */
	bool scanned; /* there was a last one */
	uint32_t bin;
	double least; /* packets in this scan below which a flow is none of these */
	struct fast flows[SETS][WAYS];
};

uint64_t kidos_rates_bytes(void)
{
	return sizeof(struct kidos_rates);
}

struct kidos_rates *kidos_rates_new(const struct kidos_rules_base *base)
{
	struct kidos_rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		return NULL;
	rates->base = *base;
	rates->seed = kidos_key_seed();
	rates->unit_ns = base->context->meta.unit_ns;
	return rates;
}

void kidos_rates_free(struct kidos_rates *rates)
{
	free(rates);
}

static double seconds_of(const struct kidos_rates *rates, uint32_t units)
{
	return (double)(units * rates->unit_ns) / SECOND_NS;
}

/* Bins that nobody wrote to since belong to a minute that is over. */
static void turn_bins(struct fast *fast, uint32_t bin)
{
	uint32_t passed = bin - fast->bin;

	for (uint32_t i = 0; i < passed && i < BINS; i++)
		fast->packets[(bin - i) % BINS] = 0;
	fast->bin = bin;
}

/* What did not send for a minute is forgotten. */
static void forget_old(struct kidos_rates *rates)
{
	for (unsigned int i = 0; i < SETS * WAYS; i++) {
		struct fast *fast = &rates->flows[i / WAYS][i % WAYS];

		if (fast->hash && rates->bin - fast->bin > BINS)
			*fast = (struct fast){};
	}
}

void kidos_rates_begin(struct kidos_rates *rates, uint32_t now)
{
	const struct kidos_alert_settings *settings = rates->base.settings;
	double span;

	rates->before = rates->now;
	rates->now = now;
	rates->bin = (uint32_t)(now * rates->unit_ns / BIN_NS);
	span = rates->scanned ? seconds_of(rates, now - rates->before) : 1;
	rates->least = (double)settings->rate_threshold / (2.0 * (double)settings->rate_factor) *
		       (span < 1 ? span : 1);
	rates->scanned = rates->scanned || rates->before;
	forget_old(rates);
}

/* The flow's place, or that of the slowest of its set. */
static struct fast *place_of(struct kidos_rates *rates, uint64_t hash)
{
	struct fast *set = rates->flows[hash % SETS], *place = &set[0];

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].rate < place->rate)
			place = &set[i];
	}
	return place;
}

/* NULL where all that are remembered are faster. */
static struct fast *fast_of(struct kidos_rates *rates, const struct kidos_flow_key *key,
			    double rate)
{
	uint64_t hash = kidos_key_hash(key, rates->seed) | 1;
	struct fast *fast = place_of(rates, hash);

	if (fast->hash != hash && fast->hash && fast->rate >= rate) {
		++*rates->base.unjudged;
		return NULL;
	}
	if (fast->hash != hash)
		*fast = (struct fast){ .hash = hash, .bin = rates->bin };
	turn_bins(fast, rates->bin);
	return fast;
}

static uint32_t first_of(const struct kidos_rates *rates, const struct kidos_flow_seen *seen)
{
	const struct kidos_flow_detail *detail = seen->detail;

	if (!detail)
		detail = &rates->base.context->maps.details[seen->entry / KIDOS_WAYS]
				  .ways[seen->entry % KIDOS_WAYS];
	return __atomic_load_n(&detail->first, __ATOMIC_RELAXED);
}

/* Packets a second, in the part of the poll in which the flow may have sent. */
static double rate_of(const struct kidos_rates *rates, const struct kidos_flow_seen *seen,
		      uint32_t first)
{
	uint32_t poll = rates->scanned ? seen->now - rates->before : kidos_age(seen->now, first);
	uint32_t life = kidos_age(seen->now, first), quiet = kidos_age(seen->now, seen->last);
	double whole = seconds_of(rates, poll), least = whole < 1 ? whole : 1, span;

	span = seconds_of(rates, (life < poll ? life : poll) - quiet);
	if (quiet > poll || quiet > life || span < least)
		span = least;
	return span > 0 ? (double)seen->gained.packets / span : 0;
}

static double mean_of(const struct fast *fast)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < BINS; i++)
		sum += fast->packets[i];
	return (double)sum / ((double)MINUTE_NS / SECOND_NS);
}

static double threshold_of(const struct kidos_rates *rates, const struct fast *fast, bool young)
{
	double threshold = (double)rates->base.settings->rate_threshold;
	double own = (double)rates->base.settings->rate_factor * mean_of(fast);

	return young || own < threshold ? threshold : own;
}

/* Both directions of a conversation are one alert. */
static void observe(const struct kidos_rates *rates, const struct fast *fast,
		    const struct kidos_flow_key *key, bool renews)
{
	const struct kidos_flow_key shown = kidos_privacy_flow(&rates->base.privacy, key);
	char id[KIDOS_COMMUNITY_ID];
	const struct kidos_observed observed = { .kind = KIDOS_ALERT_RATE_SPIKE,
						 .slot = kidos_key_slot(key),
						 .value = fast->rate,
						 .threshold = fast->threshold,
						 .flow = key,
						 .subject = id,
						 .judged = renews, /* by half of what raised it */
						 .renews = renews };

	kidos_community_id(&shown, id);
	kidos_rule_observe(&rates->base, &observed);
}

static void judge(const struct kidos_rates *rates, struct fast *fast,
		  const struct kidos_flow_key *key, bool young)
{
	double threshold = threshold_of(rates, fast, young);

	if (fast->raised && fast->rate * 2 >= fast->raised) {
		observe(rates, fast, key, true);
		return;
	}
	fast->raised = 0;
	if (fast->rate < threshold ||
	    kidos_exempts_flow(rates->base.exempts, KIDOS_ALERT_RATE_SPIKE, key))
		return;
	fast->raised = fast->rate;
	fast->threshold = threshold;
	observe(rates, fast, key, false);
}

void kidos_rates_see(struct kidos_rates *rates, const struct kidos_flow_seen *seen)
{
	bool young;
	struct fast *fast;
	uint32_t first;
	double rate;

	if ((double)seen->gained.packets < rates->least || !kidos_key_slot(seen->key))
		return;
	first = first_of(rates, seen);
	rate = rate_of(rates, seen, first);
	fast = fast_of(rates, seen->key, rate);
	if (!fast)
		return;
	fast->rate = rate;
	young = kidos_age(seen->now, first) * rates->unit_ns < MINUTE_NS;
	judge(rates, fast, seen->key, young);
	fast->packets[rates->bin % BINS] += (uint32_t)seen->gained.packets;
}
