/* SPDX-License-Identifier: MIT */
#include "links/port_attach.h"
#include "core/log.h"
#include "core/now.h"
#include "links/conserve_check.h"
#include "links/mnl_links.h"
#include "links/slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RETRY_EVENT_NS 1000000000ull /* at the earliest: an attempt may make an event itself */

/* One of them made the qdisc, and the last of them takes it away. */
void kidos_port_detach(struct kidos_attachment attachments[KIDOS_DIRECTIONS])
{
	bool made = attachments[KIDOS_RX].made_clsact || attachments[KIDOS_TX].made_clsact;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		attachments[d].made_clsact = made && attachments[d].rung == KIDOS_RUNG_CLSACT;
		kidos_attachment_detach(&attachments[d]);
	}
}

void kidos_port_leave(struct kidos_port_state *port, bool there)
{
	struct kidos_attachment *attachments = port->attachments;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		if (!there || kidos_attachment_is_link(&attachments[d]))
			kidos_attachment_forget(&attachments[d]);
	kidos_port_detach(attachments);
}

/* Our count and the interface's own as attaching begins: both move on from here. */
static void base_open(struct kidos_context *context, struct kidos_port_state *port,
		      const struct kidos_link *link)
{
	struct kidos_slot *slot = &context->slots[port->slot];

	port->driver = kidos_driver_of(link);
	port->own = link->counters;
	slot->bytes_compared = port->driver->rules[KIDOS_RX].bytes != KIDOS_UNIT_UNKNOWN;
	memset(slot->measured, 0, sizeof(slot->measured));
	port->rebase = kidos_slot_sums(context, port->slot, port->base.ours);
	kidos_own_widen(port->base.own, &link->counters, true);
}

/* Returns whether the interface is still there. */
static bool base_close(struct kidos_namespace *ns, struct kidos_port_state *port)
{
	const struct kidos_link *link;
	struct kidos_links links = {};
	int error = kidos_rtnl_link(ns->rtnl, port->ifindex, &links);
	bool there;

	link = kidos_links_find(&links, port->name);
	there = link || (error && error != -ENODEV);
	if (link)
		kidos_own_widen(port->base.own, &link->counters, false);
	port->rebase = port->rebase || error;
	kidos_links_free(&links);
	return there;
}

static bool is_missing(const struct kidos_port_state *port, enum kidos_direction direction)
{
	return port->attachments[direction].rung == KIDOS_RUNG_NONE &&
	       (direction == KIDOS_RX || port->rule->egress);
}

/* An attempt at a port, while the lock is not held: its attachments are copies. */
struct attempt {
	struct kidos_attachment attachments[KIDOS_DIRECTIONS];
	char reason[KIDOS_REASON];
	int error;
};

static struct attempt attempt_begin(const struct kidos_port_state *port)
{
	struct attempt attempt = {};

	memcpy(attempt.attachments, port->attachments, sizeof(attempt.attachments));
	return attempt;
}

/* Each direction by itself: one that cannot be counted is no reason not to count the other. */
static void attach_directions(const struct kidos_namespace *ns, const struct kidos_port_state *port,
			      const struct kidos_link *link, struct attempt *attempt)
{
	char words[KIDOS_REASON] = "";
	int sent = 0;

	if (is_missing(port, KIDOS_RX))
		attempt->error = kidos_attach(ns->traffic, port->rule, link,
					      &attempt->attachments[KIDOS_RX], attempt->reason);
	if (is_missing(port, KIDOS_TX))
		sent = kidos_attach(ns->traffic, port->rule, link, &attempt->attachments[KIDOS_TX],
				    words);
	if (!sent || attempt->error)
		return;
	snprintf(attempt->reason, KIDOS_REASON, "sent packets: %.200s", words);
	attempt->error = sent;
}

static void slot_attached(struct kidos_slot *slot, const struct kidos_port_state *port, bool failed)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		slot->rung[d] = port->attachments[d].rung;
		slot->program[d] = port->attachments[d].program;
		slot->priority[d] = port->attachments[d].priority;
	}
	slot->made_clsact =
		port->attachments[KIDOS_RX].made_clsact || port->attachments[KIDOS_TX].made_clsact;
	/* Generic XDP comes after GRO and knows nothing of segments. */
	slot->exact = !failed && slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_GENERIC &&
		      slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_SHARED_GENERIC;
	slot->state = failed ? KIDOS_SLOT_FAILED : KIDOS_SLOT_ATTACHED;
}

static void log_attached(const struct kidos_namespace *ns, const struct kidos_port_state *port,
			 const char *reason)
{
	kidos_log(LOG_INFO, "interface %s in %s: received packets at %s (%s), sent at %s",
		  port->name, kidos_netns_label(ns->name),
		  kidos_rung_names[port->attachments[KIDOS_RX].rung], reason,
		  kidos_rung_names[port->attachments[KIDOS_TX].rung]);
}

static void log_attempt(const struct kidos_namespace *ns, const struct kidos_port_state *port,
			const char *reason, int error, bool there)
{
	if (!error)
		log_attached(ns, port, reason);
	else if (there)
		kidos_log(LOG_ERR, "interface %s in %s: %s: tried again each minute", port->name,
			  kidos_netns_label(ns->name), reason);
	else
		kidos_log(LOG_INFO, "interface %s in %s: it went while it was being attached",
			  port->name, kidos_netns_label(ns->name));
}

static void attach_begin(struct kidos_context *context, struct kidos_namespace *ns,
			 struct kidos_port_state *port, const struct kidos_link *link,
			 struct attempt *attempt)
{
	pthread_mutex_lock(&context->lock);
	attempt->error = kidos_slot_enter(context, ns, port, link);
	if (attempt->error)
		snprintf(attempt->reason, KIDOS_REASON, "ports map: %s", strerror(-attempt->error));
	port->tried_ns = kidos_now_ns(CLOCK_MONOTONIC);
	base_open(context, port, link);
	pthread_mutex_unlock(&context->lock);
}

static void attach_end(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_port_state *port, const struct attempt *attempt)
{
	struct kidos_slot *slot;
	bool there;

	pthread_mutex_lock(&context->lock);
	slot = &context->slots[port->slot];
	memcpy(port->attachments, attempt->attachments, sizeof(port->attachments));
	there = base_close(ns, port);
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", (int)sizeof(slot->reason) - 1,
		 attempt->reason);
	slot_attached(slot, port, attempt->error);
	port->retry_ns = attempt->error || port->attachments[KIDOS_RX].meanwhile
				 ? port->tried_ns + KIDOS_PORT_RETRY_NS
				 : 0;
	kidos_slot_store(context, port->slot);
	pthread_mutex_unlock(&context->lock);
	log_attempt(ns, port, attempt->reason, attempt->error, there);
}

static void attach(struct kidos_context *context, struct kidos_namespace *ns,
		   struct kidos_port_state *port, const struct kidos_link *link)
{
	struct attempt attempt = attempt_begin(port);

	attach_begin(context, ns, port, link, &attempt);
	if (!attempt.error)
		attach_directions(ns, port, link, &attempt);
	attach_end(context, ns, port, &attempt);
}

static void publish(struct kidos_context *context, struct kidos_port_state *port,
		    const struct attempt *attempt)
{
	pthread_mutex_lock(&context->lock);
	memcpy(port->attachments, attempt->attachments, sizeof(port->attachments));
	pthread_mutex_unlock(&context->lock);
}

/* Off with a stopgap, where the better hook is free by now. */
static void improve(struct kidos_context *context, struct kidos_port_state *port)
{
	struct attempt attempt = attempt_begin(port);

	if (!kidos_attachment_improves(&port->attachments[KIDOS_RX]))
		return;
	kidos_port_detach(attempt.attachments);
	publish(context, port, &attempt);
}

static void attach_missing(struct kidos_context *context, struct kidos_namespace *ns,
			   struct kidos_port_state *port, const struct kidos_link *link)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);

	port->tried_ns = now;
	port->retry_ns = port->retry_ns ? now + KIDOS_PORT_RETRY_NS : 0;
	improve(context, port);
	if (is_missing(port, KIDOS_RX) || is_missing(port, KIDOS_TX))
		attach(context, ns, port, link);
}

void kidos_port_plan_retry(struct kidos_namespace *ns, struct kidos_port_state *port)
{
	if (port->retry_ns && kidos_rtnl_touched(ns->rtnl, port->ifindex) &&
	    port->retry_ns > port->tried_ns + RETRY_EVENT_NS)
		port->retry_ns = port->tried_ns + RETRY_EVENT_NS;
	if (port->retry_ns && kidos_now_ns(CLOCK_MONOTONIC) >= port->retry_ns)
		port->todo |= KIDOS_TODO_ATTACH;
}

/* Attached already, it changes from `other` to a slot: as at attaching, both counts are read. */
void kidos_port_leave_other(struct kidos_context *context, struct kidos_namespace *ns,
			    struct kidos_port_state *port, const struct kidos_link *link)
{
	struct kidos_slot *slot;
	int error;

	kidos_slot_take(context, ns, port, link);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	base_open(context, port, link);
	error = kidos_slot_enter(context, ns, port, link);
	base_close(ns, port);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	slot = &context->slots[port->slot];
	snprintf(slot->reason, sizeof(slot->reason), "counted as other before");
	if (error)
		kidos_log(LOG_ERR, "interface %s: ports map: %s", port->name, strerror(-error));
	slot_attached(slot, port, false);
	log_attached(ns, port, slot->reason);
	kidos_slot_store(context, port->slot);
}

static bool may_go_first(const struct kidos_port_state *port, uint64_t now_ns)
{
	return !port->ordered_ns || now_ns - port->ordered_ns >= KIDOS_PORT_RETRY_NS;
}

void kidos_port_plan_order(struct kidos_port_state *port, uint64_t now_ns)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint32_t before = kidos_attachment_behind(&port->attachments[d]);

		if (before != port->behind[d] || (before && may_go_first(port, now_ns)))
			port->todo |= KIDOS_TODO_ORDER;
	}
}

/* What came by in between is not counted, and unaccounted says so. */
static void go_first(struct kidos_context *context, struct kidos_namespace *ns,
		     struct kidos_port_state *port, const struct kidos_link *link,
		     enum kidos_direction direction)
{
	struct attempt attempt = attempt_begin(port);

	kidos_attachment_detach(&attempt.attachments[direction]);
	if (kidos_attach(ns->traffic, port->rule, link, &attempt.attachments[direction],
			 attempt.reason))
		port->retry_ns = port->ordered_ns;
	publish(context, port, &attempt);
}

static void slot_order(struct kidos_slot *slot, const struct kidos_port_state *port)
{
	uint32_t before = port->behind[KIDOS_RX] ? port->behind[KIDOS_RX] : port->behind[KIDOS_TX];

	slot_attached(slot, port, is_missing(port, KIDOS_RX) || is_missing(port, KIDOS_TX));
	if (before) {
		slot->exact = 0;
		snprintf(slot->reason, sizeof(slot->reason), "program %u runs before ours", before);
	} else {
		snprintf(slot->reason, sizeof(slot->reason), "before other programs again");
	}
}

static void order(struct kidos_context *context, struct kidos_namespace *ns,
		  struct kidos_port_state *port, const struct kidos_link *link)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);
	bool first = may_go_first(port, now);

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint32_t before = kidos_attachment_behind(&port->attachments[d]);

		if (before)
			kidos_log(LOG_WARNING, "interface %s in %s: program %u runs before ours%s",
				  port->name, kidos_netns_label(ns->name), before,
				  first ? ", which goes first again" : "");
		if (before && first) {
			port->ordered_ns = now;
			go_first(context, ns, port, link, d);
		}
		port->behind[d] = kidos_attachment_behind(&port->attachments[d]);
	}
	pthread_mutex_lock(&context->lock);
	slot_order(&context->slots[port->slot], port);
	kidos_slot_store(context, port->slot);
	pthread_mutex_unlock(&context->lock);
}

/* 0, or -errno: its counters as they are now, where attaching begins. */
static int read_link(struct kidos_context *context, struct kidos_namespace *ns,
		     const struct kidos_port_state *port, struct kidos_links *links)
{
	int error;

	pthread_mutex_lock(&context->lock);
	error = kidos_rtnl_link(ns->rtnl, port->ifindex, links);
	if (!error && !kidos_links_find(links, port->name))
		error = -ENODEV;
	if (!error)
		kidos_rtnl_driver(ns->rtnl, &links->items[0]);
	pthread_mutex_unlock(&context->lock);
	return error;
}

void kidos_port_work(struct kidos_context *context, struct kidos_namespace *ns,
		     struct kidos_port_state *port)
{
	unsigned int todo = port->todo;
	struct kidos_links links = {};
	int error = read_link(context, ns, port, &links);

	port->todo = 0;
	/* One that has gone is an event of its own. */
	if (error && error != -ENODEV)
		port->retry_ns = kidos_now_ns(CLOCK_MONOTONIC) + RETRY_EVENT_NS;
	if (!error && todo & KIDOS_TODO_ATTACH)
		attach_missing(context, ns, port, &links.items[0]);
	if (!error && todo & KIDOS_TODO_ORDER)
		order(context, ns, port, &links.items[0]);
	kidos_links_free(&links);
}
