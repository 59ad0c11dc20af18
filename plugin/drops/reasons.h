/* SPDX-License-Identifier: MIT */
/* reasons.h: names of drop reasons, from the running kernel's BTF: their numbers move. */
#ifndef KIDOS_DROPS_REASONS_H
#define KIDOS_DROPS_REASONS_H

#include <stdint.h>

struct kidos_reasons;

#define KIDOS_REASON_NAME 64

/* NULL with errno where there is no BTF or not enough memory: every name is a number then. */
struct kidos_reasons *kidos_reasons_load(void);

/*
 * "NO_SOCKET", or for a reason without a name "77"; "unknown" where the
 * probe tells none. reasons may be NULL. Returns text.
 */
const char *kidos_reason_name(const struct kidos_reasons *reasons, uint32_t reason,
			      char text[KIDOS_REASON_NAME]);
void kidos_reasons_free(struct kidos_reasons *reasons);

#endif
