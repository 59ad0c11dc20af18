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
	    .about = KIDOS_ABOUT_SOURCE,
	    .hold = 1,
	    .wording = "packets from {subject}, which is not permitted",
	},
    [KIDOS_ALERT_RATE_SPIKE] =
	{
	    .name = "rate_spike",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "RateThreshold",
	    .hold = 1,
	    .intervals = 3,
	    .wording = "a flow of {observed} packets a second, {threshold} are allowed",
	},
    [KIDOS_ALERT_PORT_SCAN] =
	{
	    .name = "port_scan",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .about = KIDOS_ABOUT_SOURCE,
	    .option = "PortScan",
	    .hold = 1,
	    .intervals = 3,
	    .keep = 50,
	    .wording = "{observed} ports tried in vain by {subject}, {threshold} are a scan",
	},
    [KIDOS_ALERT_HOST_SWEEP] =
	{
	    .name = "host_sweep",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .about = KIDOS_ABOUT_SOURCE,
	    .option = "HostSweep",
	    .hold = 1,
	    .intervals = 3,
	    .keep = 50,
	    .wording = "{observed} hosts tried in vain by {subject}, {threshold} are a sweep",
	},
    [KIDOS_ALERT_SYN_FLOOD] =
	{
	    .name = "syn_flood",
	    .severity = KIDOS_SEVERITY_FAILURE,
	    .about = KIDOS_ABOUT_SERVICE,
	    .option = "SynFlood",
	    .least = 200,
	    .hold = 1,
	    .intervals = 3,
	    .keep = 50,
	    .wording = "{observed} % of connections to {subject} are half-open, {threshold} % are allowed",
	},
    [KIDOS_ALERT_UNUSUAL_PROTOCOL] =
	{
	    .name = "unusual_protocol",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "UnusualProtocol",
	    .hold = 1,
	    .intervals = 3,
	    .wording = "{observed} packets of protocol {subject}",
	},
    [KIDOS_ALERT_REPEATED_FLOW] =
	{
	    .name = "repeated_flow",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .about = KIDOS_ABOUT_CLIENT,
	    .option = "RepeatedFlow",
	    .hold = 1,
	    .intervals = 3,
	    .keep = 50,
	    .wording = "{observed} flows from {subject}, {threshold} are allowed",
	},
    [KIDOS_ALERT_HIGH_VOLUME_SOURCE] =
	{
	    .name = "high_volume_source",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .about = KIDOS_ABOUT_SOURCE,
	    .option = "VolumeShare",
	    .hold = 1,
	    .intervals = 3,
	    .windows = 1,
	    .keep = 50,
	    .wording = "{observed} % of what the interface can carry is sent by {subject}, "
		       "{threshold} % are allowed",
	},
    [KIDOS_ALERT_BASELINE] =
	{
	    .name = "baseline",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "Baseline",
	    .least = 180, /* windows of this hour, three days at a minute each */
	    .hold = 1,
	    .intervals = 3,
	    .windows = 1,
	    .wording = "{observed} bytes a second {subject}, {threshold} are usual at this hour",
	},
    [KIDOS_ALERT_QUOTA] =
	{
	    .name = "quota",
	    .severity = KIDOS_SEVERITY_WARNING,
	    .option = "Quota",
	    .hold = 1,
	    .intervals = 3,
	    .wording = "{observed} bytes since the bill's first day, {subject} of {threshold}",
	},
};
