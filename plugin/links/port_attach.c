/* SPDX-License-Identifier: MIT */
#include "links/port_attach.h"
#include "core/log.h"
#include "core/now.h"
#include "links/conserve_check.h"
#include "links/mnl_links.h"
#include "links/slots.h"

#include <stdio.h>
#include <string.h>

#define RETRY_NS 60000000000ull /* what failed is tried again */
#define RETRY_EVENT_NS 1000000000ull /* at the earliest: an attempt may make an event itself */

static bool has_clsact_left(const struct kidos_port_state *port)
{
	return port->attachments[KIDOS_RX].rung == KIDOS_RUNG_CLSACT ||
	       port->attachments[KIDOS_TX].rung == KIDOS_RUNG_CLSACT;
}

/* The qdisc is removed with the last of our filters, and only if no other is left on it. */
void kidos_port_detach(struct kidos_namespace *ns, struct kidos_port_state *port)
{
	bool made =
		port->attachments[KIDOS_RX].made_clsact || port->attachments[KIDOS_TX].made_clsact;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_attachment *attachment = &port->attachments[d];
		bool clsact = attachment->rung == KIDOS_RUNG_CLSACT;
		bool keep;

		attachment->made_clsact = false;
		if (!clsact) {
			kidos_detach(attachment, d, true);
			continue;
		}
		kidos_detach(attachment, d, true);
		keep = !made || has_clsact_left(port) ||
		       kidos_rtnl_filters(ns->rtnl, port->ifindex) != 0;
		if (!keep) {
			attachment->ifindex = port->ifindex;
			attachment->made_clsact = true;
			kidos_detach(attachment, d, false);
		}
	}
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
	int error = kidos_rtnl_links(ns->rtnl, &links);
	bool there;

	link = kidos_links_find(&links, port->name);
	there = error || (link && link->ifindex == port->ifindex);
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

/* Each direction by itself: one that cannot be counted is no reason not to count the other. */
static int attach_directions(struct kidos_namespace *ns, struct kidos_port_state *port,
			     const struct kidos_link *link, char reason[KIDOS_REASON])
{
	char words[KIDOS_REASON] = "";
	int error = 0, sent = 0;

	if (is_missing(port, KIDOS_RX))
		error = kidos_attach(ns->traffic, port->rule, link, KIDOS_RX,
				     &port->attachments[KIDOS_RX], reason);
	if (is_missing(port, KIDOS_TX))
		sent = kidos_attach(ns->traffic, port->rule, link, KIDOS_TX,
				    &port->attachments[KIDOS_TX], words);
	if (sent && !error)
		snprintf(reason, KIDOS_REASON, "sent packets: %.200s", words);
	return error ? error : sent;
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

static unsigned int port_flags(const struct kidos_link *link)
{
	return kidos_link_is_ethernet(link) ? KIDOS_PORT_ETHERNET : 0;
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

void kidos_port_attach(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_port_state *port, const struct kidos_link *link)
{
	char reason[KIDOS_REASON] = "";
	int error = kidos_slot_enter(context, ns, port, port_flags(link));
	struct kidos_slot *slot = &context->slots[port->slot];
	bool there;

	port->tried_ns = kidos_now_ns(CLOCK_MONOTONIC);
	base_open(context, port, link);
	/* What libxdp attaches outlives us, so where it does is written down first. */
	if (port->rule->xdp_share)
		kidos_slot_store(context, port->slot);
	if (!error)
		error = attach_directions(ns, port, link, reason);
	else
		snprintf(reason, sizeof(reason), "ports map: %s", strerror(-error));
	there = base_close(ns, port);
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", (int)sizeof(slot->reason) - 1, reason);
	slot_attached(slot, port, error);
	port->retry_ns =
		error || port->attachments[KIDOS_RX].meanwhile ? port->tried_ns + RETRY_NS : 0;
	log_attempt(ns, port, reason, error, there);
	kidos_slot_store(context, port->slot);
}

/* Once a minute, and soon after an event of the interface: what was in the way may have gone. */
void kidos_port_retry(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_port_state *port, const struct kidos_link *link)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);

	if (port->retry_ns && kidos_rtnl_touched(ns->rtnl, port->ifindex) &&
	    port->retry_ns > port->tried_ns + RETRY_EVENT_NS)
		port->retry_ns = port->tried_ns + RETRY_EVENT_NS;
	if (!port->retry_ns || now < port->retry_ns)
		return;
	port->tried_ns = now;
	port->retry_ns = now + RETRY_NS;
	if (kidos_attachment_improves(&port->attachments[KIDOS_RX]))
		kidos_port_detach(ns, port);
	if (is_missing(port, KIDOS_RX) || is_missing(port, KIDOS_TX))
		kidos_port_attach(context, ns, port, link);
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
	error = kidos_slot_enter(context, ns, port, port_flags(link));
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
	return !port->ordered_ns || now_ns - port->ordered_ns >= RETRY_NS;
}

bool kidos_port_wants_order(const struct kidos_port_state *port, uint64_t now_ns)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint32_t before = kidos_attachment_behind(&port->attachments[d], d);

		if (before != port->behind[d] || (before && may_go_first(port, now_ns)))
			return true;
	}
	return false;
}

/* What came by in between is not counted, and unaccounted says so. */
static void go_first(struct kidos_namespace *ns, struct kidos_port_state *port,
		     const struct kidos_link *link, enum kidos_direction direction)
{
	char reason[KIDOS_REASON] = "";

	kidos_detach(&port->attachments[direction], direction, true);
	if (kidos_attach(ns->traffic, port->rule, link, direction, &port->attachments[direction],
			 reason))
		port->retry_ns = port->ordered_ns;
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

void kidos_port_order(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_port_state *port, const struct kidos_link *link)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);
	bool first = may_go_first(port, now);

	if (!kidos_port_wants_order(port, now))
		return;
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint32_t before = kidos_attachment_behind(&port->attachments[d], d);

		if (before)
			kidos_log(LOG_WARNING, "interface %s in %s: program %u runs before ours%s",
				  port->name, kidos_netns_label(ns->name), before,
				  first ? ", which goes first again" : "");
		if (before && first) {
			port->ordered_ns = now;
			go_first(ns, port, link, d);
		}
		port->behind[d] = kidos_attachment_behind(&port->attachments[d], d);
	}
	slot_order(&context->slots[port->slot], port);
	kidos_slot_store(context, port->slot);
}
