/* SPDX-License-Identifier: MIT */
/* settings.h: the block <Connects>. */
#ifndef KIDOS_CONNECTS_SETTINGS_H
#define KIDOS_CONNECTS_SETTINGS_H

#include "core/config.h"

enum kidos_connect_group { KIDOS_CONNECT_BY_COMMAND, KIDOS_CONNECT_BY_UNIT };

struct kidos_connect_settings {
	bool enabled;
	unsigned int probe; /* index of kidos_connect_probe_names */
	unsigned int group_by; /* enum kidos_connect_group */
	uint64_t max_commands; /* names of series, `other` not among them */
	struct kidos_strings ignore_commands; /* names or "/regex/" */
	bool datagrams; /* of unconnected sockets also where that is dear */
	uint64_t learn_time; /* seconds */
	uint64_t fail_share; /* percent of a name's TCP connections; 0: no alert */
	uint64_t fanout; /* destinations of a process; 0: no alert */
	uint64_t recorder; /* recent events that are kept, at most */
};

extern const struct kidos_block kidos_connect_block;

#endif
