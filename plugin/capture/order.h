/* SPDX-License-Identifier: MIT */
/*
 * order.h: what is to be captured, and the text in which kidosctl asks for it: lines of name=value
 * in any order. The daemon trusts none of it.
 */
#ifndef KIDOS_CAPTURE_ORDER_H
#define KIDOS_CAPTURE_ORDER_H

#include "core/config.h"
#include "core/flow_filter.h"

#define KIDOS_ORDER_EXPRESSION 200
#define KIDOS_ORDER_WHY 128

struct kidos_order {
	char interface[KIDOS_NETNS_NAME + IF_NAMESIZE]; /* [NAMESPACE:]NAME, "": all */
	struct kidos_flow_filter filter; /* its addresses, ports and protocol alone count */
	char expression[KIDOS_ORDER_EXPRESSION]; /* of pcap-filter(7), "": none */
	uint64_t packets, bytes, seconds; /* after which it ends; 0: never */
	uint64_t snap; /* 0: as configured */
	char why[KIDOS_ORDER_WHY]; /* evidence of what, as its packets say; "": it was asked for */
};
#define KIDOS_ORDER_ALL                         \
	{                                       \
		.filter = KIDOS_FLOW_FILTER_ALL \
	}

/* False with a reason, which names the line. */
bool kidos_order_parse(const char *text, struct kidos_order *order, char reason[KIDOS_REASON]);

/* The same text; false where there is no room for it. */
bool kidos_order_write(const struct kidos_order *order, char *text, size_t room);

/* In words, safe to print: "eth0, host 192.0.2.1, port 53, udp". */
void kidos_order_words(const struct kidos_order *order, char *text, size_t room);

/* Do the two ask for the same packets? */
bool kidos_order_same(const struct kidos_order *order, const struct kidos_order *other);

#endif
