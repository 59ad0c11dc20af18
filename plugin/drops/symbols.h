/* SPDX-License-Identifier: MIT */
/* symbols.h: names of places in the running kernel's text. */
#ifndef KIDOS_DROPS_SYMBOLS_H
#define KIDOS_DROPS_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct kidos_symbols;

#define KIDOS_SYMBOL 96
#define KIDOS_PLACE_UNKNOWN "unknown"

/*
 * Reads /proc/kallsyms, functions only. NULL with errno: EPERM where the
 * kernel hides addresses (it takes CAP_SYSLOG), ENOMEM, or that of open.
 */
struct kidos_symbols *kidos_symbols_load(const char *path);

/*
 * The function that the address lies in; offset, which may be NULL, is how far
 * in. An address that no function has, or any without symbols, is "unknown",
 * offset 0: the address itself would tell where the kernel lies, and be a name
 * of its own after each boot. Returns text.
 */
const char *kidos_symbol_name(const struct kidos_symbols *symbols, uint64_t address,
			      uint64_t *offset, char text[KIDOS_SYMBOL]);
void kidos_symbols_free(struct kidos_symbols *symbols);

#endif
