/* SPDX-License-Identifier: MIT */
#include "core/alert.h"

const char *const kidos_severity_names[] = { "OKAY", "WARNING", "FAILURE" };

const struct kidos_alert_row kidos_alert_kinds[KIDOS_ALERT_KINDS] = {
    [KIDOS_ALERT_DROP_SHARE] =
	{
	    .name = "drop_share",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "DropShare",
	    .least = 1000,
	    .hold = 1,
	    .intervals = 3,
	    .wording = "{observed} % of packets dropped, {threshold} % are allowed",
	},
    [KIDOS_ALERT_NEW_DROP_REASON] =
	{
	    .name = "new_drop_reason",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .hold = 1,
	    .wording = "packets are dropped for a new reason, {subject}",
	},
    [KIDOS_ALERT_CONNECT_FAILURES] =
	{
	    .name = "connect_failures",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "FailShare",
	    .least = 20,
	    .hold = 1,
	    .intervals = 3,
	    .wording = "{observed} % of the TCP connections of {subject} failed, {threshold} % are "
		       "allowed",
	},
    [KIDOS_ALERT_FANOUT] =
	{
	    .name = "fanout",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "Fanout",
	    .hold = 1,
	    .intervals = 3,
	    .wording = "{subject} went to {observed} destinations within the window, {threshold} "
		       "are too many",
	},
    [KIDOS_ALERT_NEW_LISTENER] =
	{
	    .name = "new_listener",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .hold = 1,
	    .wording = "a new listener, {subject}",
	},
    [KIDOS_ALERT_NOT_PERMITTED] =
	{
	    .name = "not_permitted",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .hold = 1,
	    .wording = "packets from {subject}, which is not permitted",
	},
};
