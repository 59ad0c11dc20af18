/* SPDX-License-Identifier: MIT */
#include "engine/memory.h"
#include "alerts/queue.h"
#include "drops/learned.h"
#include "drops/tally.h"
#include "flows/reader.h"
#include "flows/series.h"
#include "state/state.h"

#define SMALLEST 1024u
#define DROP_ROOM_LEAST 64u
#define DROP_NAMES (6ull << 20) /* of the kernel's functions and of reasons */
#define DEFAULT_CEILING (128ull << 20)

/* Two entries per flow: at that load three choices of eight ways turn no flow away. */
static uint64_t flow_bytes(uint32_t max_flows)
{
	return 2ull * max_flows *
	       (sizeof(struct kidos_flow) + sizeof(struct kidos_flow_detail) +
		sizeof(struct kidos_last_read));
}

uint64_t kidos_plan_bytes(uint32_t max_flows, uint32_t slots, unsigned int cpus)
{
	uint64_t per_slot = sizeof(struct kidos_slot) +
			    8 * sizeof(struct kidos_port) + /* at most: four to eight places */
			    KIDOS_DIRECTIONS * (sizeof(struct kidos_totals) * cpus +
						2 * sizeof(struct kidos_retired));

	return flow_bytes(max_flows) + KIDOS_SPILL_RING + slots * per_slot;
}

/* What series of single flows take in the reader. */
static uint64_t series_bytes(const struct kidos_config *config)
{
	uint64_t per_name = sizeof(struct kidos_series) + sizeof(struct kidos_name) +
			    2 * KIDOS_SERIES_NAME + 8 * sizeof(uint32_t);

	if (!config->flows_enabled || !config->top_flows)
		return 0;
	return 2 * sizeof(struct kidos_talkers) + config->max_flow_series * per_name +
	       2 * KIDOS_SPILL_QUEUE * sizeof(struct kidos_spill);
}

/* Beside the records; a preallocated element of a hash map has a head of 48 bytes or so. */
static uint64_t drop_bytes(void)
{
	return KIDOS_DROP_KEYS * (48ull + sizeof(struct kidos_drop_key) + 8) +
	       KIDOS_DROP_OWNERS * (56ull + sizeof(struct kidos_owner_key) +
				    sizeof(struct kidos_owner_process)) +
	       KIDOS_DROP_REASONS * 64ull + KIDOS_ALERT_RING + KIDOS_DROP_TALLY_BYTES + DROP_NAMES +
	       sizeof(struct kidos_learned);
}

/* Records take what the flows leave. */
static void plan_records(struct kidos_plan *plan, unsigned int cpus)
{
	uint64_t record = (uint64_t)cpus * sizeof(struct kidos_drop_record);

	plan->drop_room = DROP_ROOM_LEAST;
	while (2ull * plan->drop_room * cpus <= KIDOS_DROP_RECORDS &&
	       plan->bytes + (2ull * plan->drop_room - DROP_ROOM_LEAST) * record <= plan->limit)
		plan->drop_room *= 2;
	plan->bytes += (plan->drop_room - DROP_ROOM_LEAST) * record;
}

static uint64_t limit_of(const struct kidos_config *config, uint64_t memory)
{
	if (config->memory_limit)
		return config->memory_limit;
	return memory / 50 < DEFAULT_CEILING ? memory / 50 : DEFAULT_CEILING;
}

int kidos_plan(const struct kidos_config *config, uint64_t memory, unsigned int cpus,
	       struct kidos_plan *plan)
{
	uint64_t series = series_bytes(config);
	uint64_t drops = config->drops_enabled
				 ? drop_bytes() + (uint64_t)DROP_ROOM_LEAST * cpus *
							  sizeof(struct kidos_drop_record)
				 : 0;
	uint64_t alerts = config->alerts_block && config->alerts_enabled ? KIDOS_ALERTS_BYTES : 0;
	uint32_t flows = SMALLEST;

	plan->limit = limit_of(config, memory);
	plan->slots = (uint32_t)config->max_interfaces + 1;
	plan->ports = 64;
	while (plan->ports < 4 * plan->slots)
		plan->ports *= 2;
	while (config->flows_enabled && 2 * flows <= config->max_flows &&
	       alerts + drops + series + kidos_plan_bytes(2 * flows, plan->slots, cpus) <=
		       plan->limit)
		flows *= 2;
	plan->max_flows = flows;
	plan->sets = 2 * flows / KIDOS_WAYS;
	plan->bytes = alerts + drops + series + kidos_plan_bytes(flows, plan->slots, cpus);
	plan->drop_room = 0;
	if (drops)
		plan_records(plan, cpus);
	return plan->bytes <= plan->limit ? 0 : -1;
}
