/* SPDX-License-Identifier: MIT */
/* netns_watch.h: the namespaces that rules name, and their interfaces. */
#ifndef KIDOS_LINKS_NETNS_WATCH_H
#define KIDOS_LINKS_NETNS_WATCH_H

#include "context.h"

/* One for each namespace in a rule, or collectd's own alone. 0 or -ENOMEM. */
int kidos_namespaces_make(struct kidos_context *context);
void kidos_namespaces_free(struct kidos_context *context);

/*
 * These are for the one thread that follows interfaces, which holds the lock
 * for a moment only.
 *
 * Compares links with attachments and plans what is to be done.
 */
void kidos_namespace_refresh(struct kidos_context *context, struct kidos_namespace *ns);
/* Does one thing of what is planned anywhere, which takes some 20 ms; false when there is none. */
bool kidos_namespaces_step(struct kidos_context *context);
/* Is there a namespace to be refreshed by now, without an event that says so? */
bool kidos_namespaces_due(struct kidos_context *context);

/* Who may want packets of interfaces to be counted. */
#define KIDOS_WANT_FLOWS 1u
#define KIDOS_WANT_POLICY 2u
#define KIDOS_WANT_ALL (~0u)

/*
 * Interfaces are wanted by these from now on, or no longer: they stay attached as long as anybody
 * wants them. Under the lock. Refresh, and take the steps.
 */
void kidos_links_want(struct kidos_context *context, unsigned int who, bool wanted);

#endif
