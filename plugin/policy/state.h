/* SPDX-License-Identifier: MIT */
/* state.h: the collector's own state, which its files share. Under the context's lock. */
#ifndef KIDOS_POLICY_STATE_H
#define KIDOS_POLICY_STATE_H

#include "context.h"
#include "policy/heartbeat.h"
#include "policy/in_force.h"
#include "policy/settings.h"
#include "policy/watch.h"

struct kidos_policy_names;

struct kidos_policy_state {
	struct kidos_context *context;
	const struct kidos_policy_settings *settings;
	bool enabled;
	struct kidos_policy_file read; /* before the start, for the room that its tables take */
	struct kidos_file_stamp stamp; /* of what was read */
	char reason[KIDOS_REASON]; /* why the file was not taken; "": it was */
	struct kidos_in_force force;
	struct kidos_heartbeat heartbeat;
	struct kidos_file_watch watch;
	struct kidos_policy_names *names; /* of interfaces, for alerts */
	struct kidos_alert_source source;
	bool offered; /* the source was given to the alerts */
	bool is_on;
};

#endif
