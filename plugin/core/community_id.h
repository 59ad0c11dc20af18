/* SPDX-License-Identifier: MIT */
/*
 * community_id.h: the Community ID of a flow, version 1, seed 0: a name that
 * both directions of a conversation share, with Zeek, Suricata and Wireshark.
 * Specification: github.com/corelight/community-id-spec.
 */
#ifndef KIDOS_CORE_COMMUNITY_ID_H
#define KIDOS_CORE_COMMUNITY_ID_H

#include "abi.h"

#define KIDOS_COMMUNITY_ID 31 /* "1:", base64 of 20 bytes, NUL */

void kidos_community_id(const struct kidos_flow_key *key, char text[KIDOS_COMMUNITY_ID]);

#endif
