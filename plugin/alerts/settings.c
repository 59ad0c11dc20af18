/* SPDX-License-Identifier: MIT */
#include "alerts/settings.h"
#include "alerts/exempt.h"
#include "core/config_value.h"

static int check_exempt(const char *text, char reason[KIDOS_REASON])
{
	struct kidos_exempt exempt;

	return kidos_exempt_parse(text, &exempt)
		       ? 0
		       : kidos_fail(reason, "not a prefix, \"port N\", \"port N-M\", \"interface "
					    "NAME\" or \"protocol NAME\", with or without a kind "
					    "of alert before it");
}

#define AT(field) KIDOS_OPTION_AT(kidos_alert_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "raise alerts; without the block there are none" },
	{ "CoolDown", KIDOS_OPTION_NUMBER, AT(cool_down), 1, 86400, "60", NULL,
	  "seconds without an event after which an alert has ended" },
	{ "RateLimit", KIDOS_OPTION_NUMBER, AT(rate_limit), 0, 1000, "10", NULL,
	  "starting alerts that are sent in any minute, 0: all" },
	{ "Window", KIDOS_OPTION_NUMBER, AT(window), 1, 3600, "60", NULL,
	  "seconds within which things are counted and judged" },
	{ "RateThreshold", KIDOS_OPTION_NUMBER, AT(rate_threshold), 0, 1000000000, "50000", NULL,
	  "packets a second that a flow may have (rate_spike), 0: any number" },
	{ "RateFactor", KIDOS_OPTION_NUMBER, AT(rate_factor), 1, 1000, "10", NULL,
	  "times its own mean of the last minute that an older flow may have" },
	{ "PortScan", KIDOS_OPTION_NUMBER, AT(port_scan), 0, 100, "10", NULL,
	  "ports tried in vain that make a source a scanner (port_scan), 0: no alert" },
	{ "HostSweep", KIDOS_OPTION_NUMBER, AT(host_sweep), 0, 100, "20", NULL,
	  "hosts tried in vain that make a source a scanner (host_sweep), 0: no alert" },
	{ "SynFlood", KIDOS_OPTION_NUMBER, AT(syn_flood), 0, 100, "80", NULL,
	  "percent of at least 200 connections to one port that may be half-open, 0: no alert" },
	{ "UnusualProtocol", KIDOS_OPTION_BOOLEAN, AT(unusual_protocol), 0, 0, "true", NULL,
	  "alert of protocols over IP that hosts seldom speak" },
	{ "RepeatedFlow", KIDOS_OPTION_NUMBER, AT(repeated_flow), 0, 16000, "0", NULL,
	  "flows from one source to one port of one host that are too many, 0: no alert" },
	{ "VolumeShare", KIDOS_OPTION_NUMBER, AT(volume_share), 0, 100, "50", NULL,
	  "percent of what an interface can carry that one source may send, 0: no alert" },
	{ "VolumeMin", KIDOS_OPTION_SIZE, AT(volume_min), 0, 1ull << 50, "100M", NULL,
	  "bytes in a window below which no source is of high volume" },
	{ "Baseline", KIDOS_OPTION_BOOLEAN, AT(baseline), 0, 0, "false", NULL,
	  "alert of rates far from what an interface had at this hour of other days" },
	{ "Quota", KIDOS_OPTION_QUOTAS, AT(quotas), 0, 64, "\"eth0\" \"1T\" 1", NULL,
	  "interface, bytes a month, and the day of the month on which a bill begins" },
	{ "Exempt", KIDOS_OPTION_STRINGS, AT(exempt), 0, KIDOS_EXEMPT_MAX, "", NULL,
	  "what raises no alert: a prefix, port, interface or protocol", check_exempt },
};

const struct kidos_block kidos_alert_block = {
	.name = "Alerts",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_alert_settings),
	.off_without = true,
};
