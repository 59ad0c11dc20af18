/* SPDX-License-Identifier: MIT */
/*
 * rates.h: rate_spike: a flow of more packets a second than RateThreshold and
 * than RateFactor times its own mean of the last minute. A flow younger than a
 * minute is compared with RateThreshold alone. It lasts while the rate is half
 * of what raised it or more, so that a lasting flood is one alert.
 *
 * The rate is that of the time within the poll in which the flow may have sent,
 * a second at least: from its first packet, or the last poll, to its last packet.
 * A burst of an older flow that also sends before and after it, in the same
 * poll, is seen as the mean of that.
 *
 * Only flows of RateThreshold / (2 * RateFactor) and more are remembered: the
 * mean of others cannot matter.
 */
#ifndef KIDOS_ALERTS_RATES_H
#define KIDOS_ALERTS_RATES_H

#include "alerts/raise.h"

struct kidos_rates;

uint64_t kidos_rates_bytes(void);
struct kidos_rates *kidos_rates_new(const struct kidos_rules_base *base);
void kidos_rates_free(struct kidos_rates *rates); /* accepts NULL */

/* now: of the scan that begins, kidos time units. Under the context's lock. */
void kidos_rates_begin(struct kidos_rates *rates, uint32_t now);
void kidos_rates_see(struct kidos_rates *rates, const struct kidos_flow_seen *seen);

#endif
