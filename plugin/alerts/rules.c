/* SPDX-License-Identifier: MIT */
#include "alerts/rules.h"
#include "alerts/protocols.h"
#include "alerts/quotas.h"
#include "alerts/rates.h"
#include "alerts/tries.h"
#include "alerts/usual.h"
#include "alerts/volumes.h"

#include "core/flow_key.h"
#include "core/hash.h"

#include <stdlib.h>

#define AHEAD 16u /* flows on their way: what the rules keep of their sources comes from memory */

/* NULL: its kinds are off. */
struct kidos_alert_rules {
	struct kidos_rules_base base;
	uint64_t unjudged;
	struct kidos_rates *rates;
	struct kidos_tries *tries;
	struct kidos_protocols *protocols;
	struct kidos_volumes *volumes;
	struct kidos_usual *usual;
	struct kidos_quota_counts *quotas;
	struct kidos_rule_flow ahead[AHEAD]; /* seen.key NULL: none */
	unsigned int turn;
};

static bool wants_tries(const struct kidos_alert_settings *settings)
{
	return settings->port_scan || settings->host_sweep || settings->syn_flood ||
	       settings->repeated_flow;
}

uint64_t kidos_alert_rules_bytes(const struct kidos_alert_settings *settings, unsigned int slots)
{
	return sizeof(struct kidos_alert_rules) +
	       (settings->rate_threshold ? kidos_rates_bytes() : 0) +
	       (wants_tries(settings) ? kidos_tries_bytes(settings) : 0) +
	       (settings->unusual_protocol ? kidos_protocols_bytes() : 0) +
	       (settings->volume_share ? kidos_volumes_bytes() : 0) +
	       (settings->baseline ? kidos_usual_bytes(slots) : 0);
}

static bool make_all(struct kidos_alert_rules *rules)
{
	const struct kidos_alert_settings *settings = rules->base.settings;
	const struct kidos_rules_base *base = &rules->base;

	return (!settings->rate_threshold || (rules->rates = kidos_rates_new(base))) &&
	       (!wants_tries(settings) || (rules->tries = kidos_tries_new(base))) &&
	       (!settings->unusual_protocol || (rules->protocols = kidos_protocols_new(base))) &&
	       (!settings->volume_share || (rules->volumes = kidos_volumes_new(base))) &&
	       (!settings->baseline || (rules->usual = kidos_usual_new(base))) &&
	       (!settings->quotas.count || (rules->quotas = kidos_quotas_new(base)));
}

struct kidos_alert_rules *kidos_alert_rules_new(struct kidos_context *context,
						const struct kidos_alert_settings *settings,
						const struct kidos_exempts *exempts)
{
	struct kidos_alert_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	rules->base = (struct kidos_rules_base){ .context = context,
						 .settings = settings,
						 .exempts = exempts,
						 .privacy = kidos_privacy_of(context->config),
						 .seed = kidos_key_seed(),
						 .unjudged = &rules->unjudged };
	if (make_all(rules))
		return rules;
	kidos_alert_rules_free(rules);
	return NULL;
}

void kidos_alert_rules_free(struct kidos_alert_rules *rules)
{
	if (!rules)
		return;
	kidos_rates_free(rules->rates);
	kidos_tries_free(rules->tries);
	kidos_protocols_free(rules->protocols);
	kidos_volumes_free(rules->volumes);
	kidos_usual_free(rules->usual);
	kidos_quotas_free(rules->quotas);
	free(rules);
}

void kidos_alert_rules_begin(struct kidos_alert_rules *rules, uint32_t now)
{
	if (rules->rates)
		kidos_rates_begin(rules->rates, now);
	if (rules->tries)
		kidos_tries_begin(rules->tries);
}

static uint64_t source_of(const struct kidos_rules_base *base, const struct kidos_flow_key *key)
{
	const uint64_t words[] = { key->src.halves[0], key->src.halves[1],
				   key->meta & KIDOS_RULE_SOURCE };

	return kidos_hash_words(words, sizeof(words) / sizeof(words[0]), base->seed);
}

/* By source: the flow that came AHEAD flows ago. */
static void judge_source(struct kidos_alert_rules *rules, struct kidos_rule_flow *flow)
{
	if (!flow->seen.key)
		return;
	if (rules->tries)
		kidos_tries_see(rules->tries, flow);
	if (rules->volumes)
		kidos_volumes_see(rules->volumes, flow);
	flow->seen.key = NULL;
}

static void see_source(struct kidos_alert_rules *rules, const struct kidos_flow_seen *seen)
{
	struct kidos_rule_flow *flow = &rules->ahead[rules->turn++ % AHEAD];

	judge_source(rules, flow);
	flow->seen = *seen;
	flow->seen.detail = NULL;
	flow->key = *seen->key;
	flow->seen.key = &flow->key;
	flow->source = source_of(&rules->base, seen->key);
	if (rules->tries)
		kidos_tries_fetch(rules->tries, flow->source);
	if (rules->volumes)
		kidos_volumes_fetch(rules->volumes, flow->source);
}

void kidos_alert_rules_see(struct kidos_alert_rules *rules, const struct kidos_flow_seen *seen)
{
	if (rules->rates)
		kidos_rates_see(rules->rates, seen);
	if (rules->protocols)
		kidos_protocols_see(rules->protocols, seen);
	if (rules->tries || rules->volumes)
		see_source(rules, seen);
}

void kidos_alert_rules_poll(struct kidos_alert_rules *rules, const struct kidos_poll *poll,
			    bool judging)
{
	for (unsigned int i = 0; i < AHEAD; i++)
		judge_source(rules, &rules->ahead[i]);
	if (rules->tries && judging)
		kidos_tries_judge(rules->tries);
	if (rules->protocols && judging)
		kidos_protocols_judge(rules->protocols);
	if (rules->volumes && judging)
		kidos_volumes_judge(rules->volumes);
	if (rules->usual && judging)
		kidos_usual_poll(rules->usual, poll);
	if (rules->quotas)
		kidos_quotas_poll(rules->quotas, poll);
}

uint64_t kidos_alert_rules_unjudged(const struct kidos_alert_rules *rules)
{
	return rules->unjudged;
}
