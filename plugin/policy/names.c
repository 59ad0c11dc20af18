/* SPDX-License-Identifier: MIT */
#include "policy/names.h"

const char *const kidos_outcome_names[KIDOS_OUTCOMES] = {
	[KIDOS_OUTCOME_PERMITTED] = "permitted",
	[KIDOS_OUTCOME_LOGGED] = "logged",
	[KIDOS_OUTCOME_DROPPED] = "dropped",
	[KIDOS_OUTCOME_EXEMPT] = "exempt",
	[KIDOS_OUTCOME_FAILED_OPEN] = "failed_open",
	[KIDOS_OUTCOME_FAILED_CLOSED] = "failed_closed",
};
