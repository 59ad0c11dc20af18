/* SPDX-License-Identifier: MIT */
/* alert.h: sources that are not permitted become alerts of their interface. */
#ifndef KIDOS_POLICY_ALERT_H
#define KIDOS_POLICY_ALERT_H

#include "abi_policy.h"
#include "core/alert.h"
#include "core/privacy.h"

#include <stdbool.h>

/*
 * Names of interfaces by slot, with a lock of their own: alerts are made in a
 * thread that has no other. privacy: of the sources that alerts name.
 */
struct kidos_policy_names;

struct kidos_policy_names *kidos_policy_names_new(unsigned int slots, struct kidos_privacy privacy);
void kidos_policy_names_free(struct kidos_policy_names *names);
void kidos_policy_names_set(struct kidos_policy_names *names, unsigned int slot, const char *name);

/* self: the names. As struct kidos_alert_source wants it. */
bool kidos_policy_alert_make(void *self, const void *record, struct kidos_alert_event *event);

#endif
