/* SPDX-License-Identifier: MIT */
#include "links/netns_watch.h"
#include "core/log.h"
#include "core/now.h"
#include "links/mnl_links.h"
#include "links/netns.h"
#include "links/ports.h"
#include "links/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS 1000000000ull

static struct kidos_namespace *namespace_add(struct kidos_context *context, const char *netns)
{
	struct kidos_namespace *namespaces;

	for (size_t i = 0; i < context->namespace_count; i++)
		if (!strcmp(context->namespaces[i].name, netns))
			return &context->namespaces[i];
	namespaces = reallocarray(context->namespaces, context->namespace_count + 1,
				  sizeof(*namespaces));
	if (!namespaces)
		return NULL;
	context->namespaces = namespaces;
	namespaces[context->namespace_count] =
		(struct kidos_namespace){ .number = (unsigned int)context->namespace_count };
	snprintf(namespaces[context->namespace_count].name, KIDOS_NETNS_NAME, "%s", netns);
	return &namespaces[context->namespace_count++];
}

int kidos_namespaces_make(struct kidos_context *context)
{
	const struct kidos_config *config = context->config;

	if (!config->rule_count && !namespace_add(context, ""))
		return -ENOMEM;
	for (size_t i = 0; i < config->rule_count; i++)
		if (!namespace_add(context, config->rules[i].netns))
			return -ENOMEM;
	return 0;
}

static int namespace_open(struct kidos_namespace *ns)
{
	int error = kidos_netns_inode(ns->name, &ns->inode);

	if (error)
		return error;
	ns->rtnl = kidos_rtnl_open();
	return ns->rtnl ? 0 : -errno;
}

/* Not when that cannot be found out: nothing is taken away for want of a descriptor. */
static bool is_gone(const struct kidos_namespace *ns)
{
	unsigned long inode;
	int error = ns->inode ? kidos_netns_inode(ns->name, &inode) : -EAGAIN;

	return error == -ENOENT || (!error && inode != ns->inode);
}

static int namespace_enter(const struct kidos_namespace *ns, struct kidos_netns_visit *visit)
{
	if (!kidos_netns_is(ns->name, ns->inode))
		return -ENOENT;
	return kidos_netns_enter(ns->name, visit);
}

static void namespace_close(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_netns_visit visit;
	bool there = ns->port_count && !namespace_enter(ns, &visit);

	/* Of one that has gone, the indices may be another's by now. */
	kidos_ports_remove(context, ns, there);
	if (there)
		kidos_netns_leave(&visit);
	kidos_rtnl_close(ns->rtnl);
	ns->rtnl = NULL;
	kidos_traffic_free(ns->traffic);
	ns->traffic = NULL;
	ns->inode = 0;
}

static void namespace_visit(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_links links;
	int error = ns->rtnl ? 0 : namespace_open(ns);

	if (!error)
		error = kidos_rtnl_links(ns->rtnl, &links);
	/* Rules name interfaces; without any, those are taken that lead out. */
	if (!error && !context->config->rule_count) {
		error = kidos_rtnl_default_routes(ns->rtnl, &links);
		if (error)
			kidos_links_free(&links);
	}
	ns->retry_ns = error ? kidos_now_ns(CLOCK_MONOTONIC) + RETRY_NS : 0;
	if (error) {
		kidos_log(LOG_WARNING, "interfaces of %s: %s", kidos_netns_label(ns->name),
			  strerror(-error));
		return;
	}
	kidos_ports_plan(context, ns, &links);
	kidos_links_free(&links);
}

static void cannot_enter(struct kidos_namespace *ns, int error)
{
	ns->retry_ns = error == -ENOENT ? 0 : kidos_now_ns(CLOCK_MONOTONIC) + RETRY_NS;
	if (error == -ENOENT || ns->unusable)
		return;
	ns->unusable = true;
	kidos_log(LOG_ERR, "namespace %s: %s%s", ns->name, strerror(-error),
		  error == -EPERM ? ": it takes CAP_SYS_ADMIN" : "");
}

void kidos_namespace_refresh(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_netns_visit visit;
	int error;

	if (ns->rtnl)
		kidos_rtnl_take_events(ns->rtnl);
	pthread_mutex_lock(&context->lock);
	if (is_gone(ns))
		namespace_close(context, ns);
	error = kidos_netns_enter(ns->name, &visit);
	if (error) {
		cannot_enter(ns, error);
	} else {
		ns->unusable = false;
		namespace_visit(context, ns);
		kidos_netns_leave(&visit);
	}
	pthread_mutex_unlock(&context->lock);
}

/* What went meanwhile is an event, and the refresh that follows it plans anew. */
static void namespace_step(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_netns_visit visit;

	if (namespace_enter(ns, &visit)) {
		ns->retry_ns = kidos_now_ns(CLOCK_MONOTONIC) + RETRY_NS;
		return;
	}
	kidos_ports_step(context, ns);
	kidos_netns_leave(&visit);
}

bool kidos_namespaces_step(struct kidos_context *context)
{
	for (size_t i = 0; i < context->namespace_count; i++) {
		struct kidos_namespace *ns = &context->namespaces[i];

		if (!ns->retry_ns && kidos_ports_planned(context, ns)) {
			namespace_step(context, ns);
			return true;
		}
	}
	return false;
}

/* Nothing tells of programs that come and go at tcx, so they are looked at once a second. */
static void plan_order(struct kidos_namespace *ns, uint64_t now)
{
	struct kidos_netns_visit visit;

	if (!ns->port_count || now - ns->looked_ns < RETRY_NS)
		return;
	ns->looked_ns = now;
	if (namespace_enter(ns, &visit))
		return;
	kidos_ports_plan_order(ns, now);
	kidos_netns_leave(&visit);
}

bool kidos_namespaces_due(struct kidos_context *context)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);
	bool due = false;

	for (size_t i = 0; i < context->namespace_count; i++) {
		struct kidos_namespace *ns = &context->namespaces[i];

		plan_order(ns, now);
		due = due || (ns->retry_ns && ns->retry_ns <= now) || kidos_ports_due(ns, now);
	}
	return due;
}

void kidos_namespaces_free(struct kidos_context *context)
{
	for (size_t i = 0; i < context->namespace_count; i++)
		namespace_close(context, &context->namespaces[i]);
	free(context->namespaces);
	context->namespaces = NULL;
	context->namespace_count = 0;
}

void kidos_links_want(struct kidos_context *context, unsigned int who, bool wanted)
{
	context->wanted = wanted ? context->wanted | who : context->wanted & ~who;
	context->attaching = context->wanted;
}
