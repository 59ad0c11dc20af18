/* SPDX-License-Identifier: MIT */
/* alerts.h: what of connections is worth an alert: judged once a poll. */
#ifndef KIDOS_CONNECTS_ALERTS_H
#define KIDOS_CONNECTS_ALERTS_H

#include "connects/ignored.h"
#include "connects/maps.h"
#include "connects/settings.h"
#include "connects/tally.h"
#include "context.h"

struct kidos_connect_alerts;

/* All under the context's lock. What is ignored raises none. NULL without memory. */
struct kidos_connect_alerts *kidos_connect_alerts_new(struct kidos_context *context,
						      const struct kidos_connect_settings *settings,
						      const struct kidos_connect_ignored *ignored);
void kidos_connect_alerts_free(struct kidos_connect_alerts *alerts);

/* When every counter was added, and before the tally's interval is forgotten. */
void kidos_connect_alerts_judge(struct kidos_connect_alerts *alerts,
				struct kidos_connect_tally *tally,
				const struct kidos_connect_maps *maps,
				const struct kidos_connect_state *state);

#endif
