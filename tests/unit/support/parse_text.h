/* SPDX-License-Identifier: MIT */
/* parse_text.h: a parsed packet as one line, as the test tables have it. */
#ifndef PARSE_TEXT_H
#define PARSE_TEXT_H

#include "parse.h"

#define PARSE_TEXT_MAX 256

extern const char *const parse_tunnel_names[];

/*
 * class [!error] [protocol source.port>destination.port] [vlan=N] [second=N]
 * [headers=N] [flags=0xN] [tunnel:id@inner/ethertype]
 * What is 0 is left out, ports without a key's protocol excepted.
 */
void parse_text(const struct kidos_packet *packet, char *line);

#endif
