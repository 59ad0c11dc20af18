/* SPDX-License-Identifier: MIT */
#ifndef KN_DAD_H
#define KN_DAD_H

#include "nets.h"

/* Duplicate address detection (RFC 4862 5.4): for one to two seconds from when its link runs, an
 * IPv6 address is tentative, and the kernel takes it neither for a source nor for an answer.
 */

/* Waits, at most five seconds or until a signal, while the namespace has this address and it is
 * tentative. 0 also if there is no such address; -EADDRINUSE if another host has it.
 */
int kn_dad_wait(struct kn_nets *nets, const struct kn_ns *ns, const struct kn_prefix *address,
		struct kn_err *err);

#endif
