/* SPDX-License-Identifier: MIT */
/* resolve.h: names of addresses, without waiting for ever. */
#ifndef KIDOS_CTL_RESOLVE_H
#define KIDOS_CTL_RESOLVE_H

#include "abi.h"

#include <stdbool.h>

#define CTL_NAME 256

/* Begins a poll: it waits three seconds for the resolver in all; then numbers stay numbers. */
void ctl_resolve_begin(void);

/* The name, safe to print, or the address. Answers are remembered. */
void ctl_resolve(const union kidos_address *address, bool ipv4, char name[CTL_NAME]);

#endif
