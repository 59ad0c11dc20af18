/* SPDX-License-Identifier: MIT */
/*
 * privacy.h: the block <Privacy>: how much of addresses and names of commands
 * leaves kidos. What is counted is not changed by it.
 */
#ifndef KIDOS_CORE_PRIVACY_H
#define KIDOS_CORE_PRIVACY_H

#include "abi.h"
#include "core/config.h"

/* Also in the map `meta`, for kidosctl. All zeros: nothing is hidden. */
struct kidos_privacy {
	__u8 hidden_v4; /* bits at the end of an IPv4 address, of 32 */
	__u8 hidden_v6; /* of 128 */
	__u8 hide_commands;
	__u8 pad;
};

struct kidos_privacy_settings {
	bool enabled;
	uint64_t bits_v4, bits_v6; /* that are shown */
	bool command_names; /* are shown */
};

extern const struct kidos_block kidos_privacy_block;

struct kidos_privacy kidos_privacy_of(const struct kidos_config *config);

/* Clears the bits that are hidden. */
void kidos_privacy_address(const struct kidos_privacy *privacy, bool ipv4,
			   union kidos_address *address);

/* The same of both ends. */
void kidos_privacy_flow(const struct kidos_privacy *privacy, struct kidos_flow_key *flow);

/* Clears the raw name of a command where names are hidden. */
void kidos_privacy_command(const struct kidos_privacy *privacy, char *comm, size_t size);

#endif
