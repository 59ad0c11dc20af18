/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* address.h: IPv4 addresses as keys and records have them, v4-mapped (RFC 4291 2.5.5.2). */
#ifndef KIDOS_ADDRESS_H
#define KIDOS_ADDRESS_H

#include "abi.h"

static __always_inline void set_ipv4(union kidos_address *address, __be32 ipv4)
{
	address->halves[0] = 0;
	address->words[2] = bpf_htonl(0xffff);
	address->words[3] = ipv4;
}

static __always_inline int is_mapped(const union kidos_address *address)
{
	return !address->halves[0] && address->words[2] == bpf_htonl(0xffff);
}

#endif
