/* SPDX-License-Identifier: MIT */
/* confirmed.h: which file was confirmed, over restarts: a reboot is no reason to confirm it again.
 */
#ifndef KIDOS_POLICY_CONFIRMED_H
#define KIDOS_POLICY_CONFIRMED_H

#include <stdbool.h>
#include <stdint.h>

#define KIDOS_CONFIRMED_FILE "kidos-policy"

/* The digest of the file's text that was confirmed last; 0: none. */
uint64_t kidos_confirmed_load(const char *folder);
/* 0 or -errno. */
int kidos_confirmed_save(const char *folder, uint64_t digest);

#endif
