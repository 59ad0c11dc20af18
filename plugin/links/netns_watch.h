/* SPDX-License-Identifier: MIT */
/* netns_watch.h: the namespaces that rules name, and their interfaces; under the lock. */
#ifndef KIDOS_LINKS_NETNS_WATCH_H
#define KIDOS_LINKS_NETNS_WATCH_H

#include "context.h"

/* One for each namespace in a rule, or collectd's own alone. 0 or -ENOMEM. */
int kidos_namespaces_make(struct kidos_context *context);
void kidos_namespaces_free(struct kidos_context *context);
/* Brings attachments in line with the links that exist. */
void kidos_namespace_refresh(struct kidos_context *context, struct kidos_namespace *ns);
/* Is there a namespace to be refreshed by now, without an event that says so? */
bool kidos_namespaces_due(struct kidos_context *context);
/* Detaches everything; its slots wait. */
void kidos_namespace_detach(struct kidos_context *context, struct kidos_namespace *ns);

/* Interfaces are wanted from now on, or no longer: attached, once events are followed. */
void kidos_links_want(struct kidos_context *context, bool wanted);

#endif
