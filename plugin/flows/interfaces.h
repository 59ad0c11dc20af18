/* SPDX-License-Identifier: MIT */
/* interfaces.h: the values of an interface, and of the table behind them. */
#ifndef KIDOS_FLOWS_INTERFACES_H
#define KIDOS_FLOWS_INTERFACES_H

#include "collector.h"

/* Classes, parse errors and what is unaccounted, of every slot. active_of: flows of each slot. */
void kidos_interfaces_send(const struct kidos_context *context, const struct kidos_poll *poll,
			   const uint64_t *active_of);

/*
 * The classes of what is counted as other, from the first packet on. zeros:
 * polls that sent 0 so far, as every new series does, 0 at first.
 */
void kidos_other_send(const struct kidos_context *context, const struct kidos_poll *poll,
		      unsigned int *zeros);

/* What the table did and lost. */
void kidos_table_send(const struct kidos_context *context, const struct kidos_poll *poll);

#endif
