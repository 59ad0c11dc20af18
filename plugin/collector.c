/* SPDX-License-Identifier: MIT */
#include "collector.h"
#include "core/privacy.h"

const struct kidos_block *const *kidos_collector_blocks(void)
{
	static const struct kidos_block *blocks[KIDOS_BLOCKS_MAX + 1] = { &kidos_privacy_block };

	for (size_t i = 0; kidos_collectors[i] && i + 1 < KIDOS_BLOCKS_MAX; i++)
		blocks[i + 1] = kidos_collectors[i]->block;
	return blocks;
}
