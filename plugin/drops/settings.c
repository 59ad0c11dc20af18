/* SPDX-License-Identifier: MIT */
#include "drops/settings.h"
#include "drops/rungs.h"

#define AT(field) KIDOS_OPTION_AT(kidos_drop_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "count the packets that the kernel drops" },
	{ "Probe", KIDOS_OPTION_CHOICE, AT(probe), 0, 0, "auto", kidos_drop_probe_names,
	  "how drops are seen; auto: the best way this kernel has" },
	{ "IgnoreReason", KIDOS_OPTION_STRINGS, AT(ignore_reasons), 0, 32, "", NULL,
	  "a reason whose drops are in no value" },
	{ "IgnorePlace", KIDOS_OPTION_STRINGS, AT(ignore_places), 0, 32, "", NULL,
	  "a function of the kernel whose drops are in no value" },
	{ "LearnTime", KIDOS_OPTION_NUMBER, AT(learn_time), 0, 31536000, "86400", NULL,
	  "seconds from the start; reasons seen by then are benign afterwards" },
	{ "DropShare", KIDOS_OPTION_NUMBER, AT(drop_share), 0, 100, "1", NULL,
	  "percent of an interface's packets that may be dropped without an alert; 0: no alert" },
};

const struct kidos_block kidos_drop_block = {
	.name = "Drops",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_drop_settings),
};
