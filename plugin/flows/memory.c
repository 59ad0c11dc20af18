/* SPDX-License-Identifier: MIT */
#include "flows/memory.h"
#include "abi.h"
#include "flows/reader.h"
#include "flows/series.h"
#include "flows/spills.h"

/* Two entries per flow: at that load three choices of eight ways turn no flow away. */
uint64_t kidos_flow_bytes(uint32_t max_flows)
{
	return 2ull * max_flows *
	       (sizeof(struct kidos_flow) + sizeof(struct kidos_flow_detail) +
		sizeof(struct kidos_last_read));
}

uint32_t kidos_flow_sets(uint32_t max_flows)
{
	return 2 * max_flows / KIDOS_WAYS;
}

uint64_t kidos_flow_extra_bytes(const struct kidos_flow_settings *settings)
{
	uint64_t per_name = sizeof(struct kidos_series) + sizeof(struct kidos_name) +
			    2 * KIDOS_SERIES_NAME + 8 * sizeof(uint32_t);

	if (!settings->enabled || !settings->top_flows)
		return KIDOS_SPILL_RING;
	return KIDOS_SPILL_RING + 2 * sizeof(struct kidos_talkers) +
	       settings->max_flow_series * per_name +
	       2 * KIDOS_SPILL_QUEUE * sizeof(struct kidos_spill);
}

uint32_t kidos_flows_that_fit(const struct kidos_flow_settings *settings, uint64_t room)
{
	uint32_t flows = KIDOS_FLOWS_LEAST;

	while (settings->enabled && 2 * flows <= settings->max_flows &&
	       kidos_flow_bytes(2 * flows) - kidos_flow_bytes(KIDOS_FLOWS_LEAST) <= room)
		flows *= 2;
	return flows;
}
