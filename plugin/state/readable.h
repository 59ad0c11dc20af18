/* SPDX-License-Identifier: MIT */
/* readable.h: may programs read the kernel's memory by helper? */
#ifndef KIDOS_STATE_READABLE_H
#define KIDOS_STATE_READABLE_H

#include <stdbool.h>

/*
 * lockdown=confidentiality takes bpf_probe_read_kernel away. The kernel is
 * asked by a program that calls it.
 */
bool kidos_kernel_readable(void);

#endif
