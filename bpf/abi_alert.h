/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi_alert.h: what programs put into the `alerts` ring. Rules and version
 * are those of abi.h. A record is a candidate: rules, limits and the wording
 * of a notification are the plugin's.
 */
#ifndef KIDOS_ABI_ALERT_H
#define KIDOS_ABI_ALERT_H

#include "abi_drop.h"

enum kidos_alert_candidate {
	KIDOS_ALERT_DROP_REASON = 1, /* first drop with this reason: a record follows */
};

#define KIDOS_ALERT_RING                                                        \
	(256u * 1024u) /* bytes; what finds it full is counted in `alerts_lost` \
			*/

struct kidos_alert_record {
	__u32 size; /* of the whole record, checked by the reader */
	__u32 source; /* enum kidos_alert_candidate */
	struct kidos_drop_record drop;
};

#endif
