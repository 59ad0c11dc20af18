/* SPDX-License-Identifier: MIT */
#include "collector.h"

const struct kidos_block *const *kidos_collector_blocks(void)
{
	static const struct kidos_block *blocks[KIDOS_BLOCKS_MAX + 1];

	for (size_t i = 0; kidos_collectors[i] && i < KIDOS_BLOCKS_MAX; i++)
		blocks[i] = kidos_collectors[i]->block;
	return blocks;
}
