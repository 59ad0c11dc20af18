/* SPDX-License-Identifier: MIT */
#include "engine/memory.h"

#define DEFAULT_CEILING (128ull << 20)

uint64_t kidos_memory_limit(const struct kidos_config *config, uint64_t memory, uint64_t least)
{
	uint64_t limit = memory / 50 < DEFAULT_CEILING ? memory / 50 : DEFAULT_CEILING;

	if (config->memory_limit)
		return config->memory_limit < memory / 2 ? config->memory_limit : memory / 2;
	return limit < least && least <= memory / 4 ? least : limit;
}

/* What an interface takes, whoever counts on it. */
static uint64_t slot_bytes(const struct kidos_context *context)
{
	return context->meta.slots *
	       (sizeof(struct kidos_slot) +
		8 * sizeof(struct kidos_port) + /* at most: four to eight places */
		KIDOS_DIRECTIONS * (sizeof(struct kidos_totals) * context->maps.cpus +
				    2 * sizeof(struct kidos_retired)));
}

uint64_t kidos_memory_least(const struct kidos_context *context, void *const *selves)
{
	uint64_t bytes = slot_bytes(context);

	for (size_t i = 0; kidos_collectors[i]; i++)
		bytes += kidos_collectors[i]->least(selves[i]);
	return bytes;
}

int kidos_memory_plan(struct kidos_context *context, void *const *selves)
{
	uint64_t bytes = kidos_memory_least(context, selves), limit = context->memory_limit;

	for (size_t i = 0; bytes <= limit && kidos_collectors[i]; i++)
		if (kidos_collectors[i]->grow)
			bytes += kidos_collectors[i]->grow(selves[i], limit - bytes);
	context->meta.memory = bytes;
	return bytes <= limit ? 0 : -1;
}
