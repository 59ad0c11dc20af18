/* SPDX-License-Identifier: MIT */
/* ignored.h: commands whose connections are in no value: IgnoreCommand. */
#ifndef KIDOS_CONNECTS_IGNORED_H
#define KIDOS_CONNECTS_IGNORED_H

#include "abi_connect.h"
#include "core/config.h"

struct kidos_connect_ignored;

/* Is it a name, or a regular expression that compiles? For an option row. */
int kidos_connect_ignored_check(const char *text, char reason[KIDOS_REASON]);

/* NULL without memory. */
struct kidos_connect_ignored *kidos_connect_ignored_new(const struct kidos_strings *commands);
void kidos_connect_ignored_free(struct kidos_connect_ignored *ignored);

/* By the raw name, which may fill its field. */
bool kidos_connect_is_ignored(const struct kidos_connect_ignored *ignored,
			      const char comm[KIDOS_COMM]);

#endif
