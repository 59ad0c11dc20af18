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
	__u8 raw; /* KIDOS_RAW_*: what has whole addresses all the same */
};

#define KIDOS_RAW_EXEC 1u /* metadata of notifications */
#define KIDOS_RAW_CAPTURE 2u /* files of packets */

struct kidos_privacy_settings {
	bool enabled;
	uint64_t bits_v4, bits_v6; /* that are shown */
	bool command_names; /* are shown */
	struct kidos_strings raw;
};

extern const struct kidos_block kidos_privacy_block;

struct kidos_privacy kidos_privacy_of(const struct kidos_config *config);

bool kidos_privacy_allows(const struct kidos_privacy *privacy, unsigned int raw);

/* Clears the bits that are hidden. */
void kidos_privacy_address(const struct kidos_privacy *privacy, bool ipv4,
			   union kidos_address *address);

/* The same of both ends. */
void kidos_privacy_ends(const struct kidos_privacy *privacy, bool ipv4, union kidos_address *src,
			union kidos_address *dst);

/* A flow as it may be shown. */
struct kidos_flow_key kidos_privacy_flow(const struct kidos_privacy *privacy,
					 const struct kidos_flow_key *flow);

/* Clears the raw name of a command where names are hidden. */
void kidos_privacy_command(const struct kidos_privacy *privacy, char *comm, size_t size);

#endif
