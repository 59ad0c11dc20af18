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
	ns->inode = kidos_netns_inode(ns->name);
	ns->rtnl = kidos_rtnl_open();
	if (ns->rtnl)
		return 0;
	return -errno;
}

/* The namespace has gone and its qdiscs with it; its indices may be another's by now. */
static void qdiscs_forget(struct kidos_namespace *ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
			if (ns->ports[i].attachments[d].rung == KIDOS_RUNG_CLSACT)
				ns->ports[i].attachments[d] =
					(struct kidos_attachment)KIDOS_ATTACHMENT_NONE;
}

void kidos_namespace_detach(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_netns_visit visit;
	bool there =
		kidos_netns_inode(ns->name) == ns->inode && !kidos_netns_enter(ns->name, &visit);

	if (!there)
		qdiscs_forget(ns);
	kidos_ports_remove(context, ns);
	if (there)
		kidos_netns_leave(&visit);
}

static void namespace_close(struct kidos_context *context, struct kidos_namespace *ns)
{
	kidos_namespace_detach(context, ns);
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
	kidos_ports_apply(context, ns, &links);
	kidos_links_free(&links);
}

void kidos_namespace_refresh(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_netns_visit visit;
	int error;

	if (ns->inode && kidos_netns_inode(ns->name) != ns->inode)
		namespace_close(context, ns);
	error = kidos_netns_enter(ns->name, &visit);
	if (!error) {
		namespace_visit(context, ns);
		kidos_netns_leave(&visit);
	} else if (error != -ENOENT && !ns->unusable) {
		ns->unusable = true;
		kidos_log(LOG_ERR, "namespace %s: %s%s", ns->name, strerror(-error),
			  error == -EPERM ? ": it takes CAP_SYS_ADMIN" : "");
	}
}

/* Nothing tells of programs that come and go at tcx, so they are looked at once a second. */
static bool is_out_of_order(struct kidos_namespace *ns, uint64_t now)
{
	struct kidos_netns_visit visit;
	bool wanted;

	if (!ns->port_count || now - ns->looked_ns < RETRY_NS)
		return false;
	ns->looked_ns = now;
	if (kidos_netns_inode(ns->name) != ns->inode || kidos_netns_enter(ns->name, &visit))
		return false;
	wanted = kidos_ports_want_order(ns, now);
	kidos_netns_leave(&visit);
	return wanted;
}

bool kidos_namespaces_due(struct kidos_context *context)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < context->namespace_count; i++) {
		struct kidos_namespace *ns = &context->namespaces[i];

		if ((ns->retry_ns && ns->retry_ns <= now) || kidos_ports_due(ns, now) ||
		    is_out_of_order(ns, now))
			return true;
	}
	return false;
}

void kidos_namespaces_free(struct kidos_context *context)
{
	for (size_t i = 0; i < context->namespace_count; i++)
		namespace_close(context, &context->namespaces[i]);
	free(context->namespaces);
	context->namespaces = NULL;
	context->namespace_count = 0;
}

void kidos_links_want(struct kidos_context *context, bool wanted)
{
	context->attaching = wanted;
	for (size_t i = 0; context->following && i < context->namespace_count; i++)
		if (wanted)
			kidos_namespace_refresh(context, &context->namespaces[i]);
		else
			kidos_namespace_detach(context, &context->namespaces[i]);
}
