/* SPDX-License-Identifier: MIT */
/* expression.h: a filter as pcap-filter(7) has it. Names are not resolved: a word is a keyword, a
 * number or an address. */
#ifndef KIDOS_CAPTURE_EXPRESSION_H
#define KIDOS_CAPTURE_EXPRESSION_H

#include "core/config.h"

struct kidos_expression;

/* ethernet: or else packets begin with the IP header. NULL with a reason. */
struct kidos_expression *kidos_expression_compile(const char *text, bool ethernet, uint32_t snap,
						  char reason[KIDOS_REASON]);
void kidos_expression_free(struct kidos_expression *expression);

bool kidos_expression_matches(const struct kidos_expression *expression, const void *data,
			      uint32_t captured, uint32_t length);

#endif
