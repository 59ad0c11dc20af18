/* SPDX-License-Identifier: MIT */
/*
 * mirrors.c: the thread that opens and closes the sockets of mirror ports, as these come and go. A
 * socket keeps its namespace alive, so none is left of a port that has gone.
 */
#include "capture/capture.h"
#include "core/log.h"
#include "core/now.h"
#include "links/netns.h"
#include "links/rule.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PERIOD_MS 200
#define LOCK_US 2000
#define RETRY_NS 5000000000u
#define MTU_UNKNOWN 1500

static bool is_at_xdp(const struct kidos_slot *slot)
{
	return slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_NATIVE ||
	       slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_GENERIC ||
	       slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_SHARED ||
	       slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_SHARED_GENERIC;
}

static bool is_shared(const struct kidos_slot *slot)
{
	return slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_SHARED ||
	       slot->rung[KIDOS_RX] == KIDOS_RUNG_XDP_SHARED_GENERIC;
}

static const struct kidos_namespace *namespace_of(const struct kidos_context *context,
						  const char *name)
{
	for (size_t i = 0; i < context->namespace_count; i++)
		if (!strcmp(context->namespaces[i].name, name))
			return context->namespaces[i].inode ? &context->namespaces[i] : NULL;
	return NULL;
}

static struct kidos_mirror *mirror_of(struct capture *capture, const struct kidos_slot *slot)
{
	for (size_t i = 0; i < capture->mirror_count; i++)
		if (!strcmp(capture->mirrors[i].name, slot->name) &&
		    !strcmp(capture->mirrors[i].netns, slot->netns))
			return &capture->mirrors[i];
	return NULL;
}

/* Why its packets cannot be had, "" if they can. */
static void judge(struct capture *capture, const struct kidos_slot *slot,
		  const struct kidos_mirror *mirror, char reason[KIDOS_REASON])
{
	*reason = '\0';
	if (mirror && !mirror->sniffer)
		snprintf(reason, KIDOS_REASON, "%s", mirror->reason);
	else if (mirror)
		return;
	else if (!capture->copies)
		snprintf(reason, KIDOS_REASON, "%s", capture->copies_refused);
	else if (is_shared(slot))
		snprintf(reason, KIDOS_REASON,
			 "with XdpShare its packets do not come by the programs that copy");
	else if (is_at_xdp(slot) && !kidos_copies_at_xdp(capture->copies))
		snprintf(reason, KIDOS_REASON, "copies of frames at XDP take kernel 5.18");
}

static bool is_there(const struct kidos_context *context, const struct kidos_job_port *port)
{
	for (unsigned int i = 1; i < context->meta.slots; i++) {
		const struct kidos_slot *slot = &context->slots[i];
		const struct kidos_namespace *ns = namespace_of(context, slot->netns);

		if (slot->state != KIDOS_SLOT_UNUSED && slot->ifindex == port->ifindex && ns &&
		    ns->number == port->netns)
			return true;
	}
	return false;
}

/* Another interface may have the name by now. */
static void end_without_interface(struct capture *capture)
{
	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		struct kidos_job *job = &capture->jobs[i];

		if (job->stage == KIDOS_CAPTURE_RUNNING && !job->end && *job->order.interface &&
		    !is_there(capture->context, &job->ports.items[0]))
			job->end = "its interface is gone";
	}
}

void kidos_capture_find_ports(struct capture *capture)
{
	const struct kidos_context *context = capture->context;
	struct kidos_job_ports *ports = &capture->ports;

	ports->count = 0;
	for (unsigned int i = 1; i < context->meta.slots && ports->count < KIDOS_JOB_PORTS; i++) {
		const struct kidos_slot *slot = &context->slots[i];
		const struct kidos_namespace *ns = namespace_of(context, slot->netns);
		struct kidos_job_port *port = &ports->items[ports->count];
		int flags;

		if (slot->state != KIDOS_SLOT_ATTACHED || !ns)
			continue;
		flags = kidos_maps_port_flags(&context->maps, ns->number, slot->ifindex);
		*port = (struct kidos_job_port){ .netns = ns->number,
						 .ifindex = slot->ifindex,
						 .netns_inode = (uint32_t)ns->inode,
						 .slot = i,
						 .ethernet =
							 flags < 0 || flags & KIDOS_PORT_ETHERNET };
		memcpy(port->name, slot->name, sizeof(port->name));
		memcpy(port->netns_name, slot->netns, sizeof(port->netns_name));
		kidos_port_name(context->reserved, slot, port->label, sizeof(port->label));
		port->mirror = mirror_of(capture, slot) != NULL;
		judge(capture, slot, mirror_of(capture, slot),
		      capture->port_reasons[ports->count++]);
	}
	end_without_interface(capture);
}

/* What a mirror port is now; ifindex 0: nothing that sockets could be had of. */
struct now {
	uint32_t netns, ifindex;
};

static struct now look_up(struct capture *capture, const struct kidos_mirror *mirror,
			  char reason[KIDOS_REASON])
{
	const struct kidos_context *context = capture->context;
	const struct kidos_namespace *ns = namespace_of(context, mirror->netns);

	snprintf(reason, KIDOS_REASON, "no <Interface> block takes it");
	for (unsigned int i = 1; i < context->meta.slots; i++) {
		const struct kidos_slot *slot = &context->slots[i];

		if (slot->state == KIDOS_SLOT_UNUSED || strcmp(slot->name, mirror->name) ||
		    strcmp(slot->netns, mirror->netns))
			continue;
		if (slot->state == KIDOS_SLOT_ATTACHED && ns && is_at_xdp(slot))
			return (struct now){ ns->number, slot->ifindex };
		if (!slot->mirror)
			snprintf(reason, KIDOS_REASON, "its <Interface> block has no Mirror true");
		else
			snprintf(reason, KIDOS_REASON, "%s%s",
				 slot->state == KIDOS_SLOT_ATTACHED ? "AF_XDP takes the XDP hook: "
								    : "",
				 slot->reason);
	}
	return (struct now){};
}

static unsigned int mtu_of(const char *name)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request))
		return MTU_UNKNOWN;
	return (unsigned int)request.ifr_mtu;
}

/* In the port's namespace. NULL with a reason. */
static struct kidos_sniffer *open_sniffer(const struct capture *capture,
					  const struct kidos_mirror *mirror,
					  char reason[KIDOS_REASON])
{
	const struct kidos_sniffer_plan plan = {
		.name = mirror->name,
		.mtu = mtu_of(mirror->name),
		.memory = capture->mirror_memory,
		.sockets = capture->context->maps.fd[KIDOS_MAP_SOCKETS],
		.first = (mirror->number - 1) * KIDOS_MIRROR_QUEUES,
		.queues = KIDOS_MIRROR_QUEUES,
	};
	struct kidos_netns_visit visit;
	struct kidos_sniffer *sniffer;
	int error = kidos_netns_enter(mirror->netns, &visit);

	if (error) {
		snprintf(reason, KIDOS_REASON, "%s", strerror(-error));
		return NULL;
	}
	/* A name may be another device's by now. */
	error = if_nametoindex(mirror->name) == mirror->ifindex ? 0 : -ENODEV;
	sniffer = error ? NULL : kidos_sniffer_open(&plan, reason);
	if (error)
		snprintf(reason, KIDOS_REASON, "%s", strerror(-error));
	kidos_netns_leave(&visit);
	return sniffer;
}

/* Packets go to its sockets, or no longer. */
static int mark(const struct capture *capture, const struct kidos_mirror *mirror, bool on)
{
	unsigned int flags = on ? mirror->number << KIDOS_PORT_MIRROR_SHIFT : 0;

	return kidos_maps_mark_port(&capture->context->maps, mirror->netns_number, mirror->ifindex,
				    KIDOS_PORT_MIRROR_MASK, flags);
}

/* The reader waits for sockets that are no longer there: it is woken, and lets go of them. */
static void close_mirror(struct capture *capture, struct kidos_mirror *mirror)
{
	struct kidos_sniffer *sniffer;
	struct kidos_sniffer_lost lost;

	pthread_mutex_lock(&capture->lock);
	sniffer = mirror->sniffer;
	if (sniffer) {
		kidos_capture_round(capture);
		lost = kidos_sniffer_lost(sniffer);
		mirror->lost.dropped += lost.dropped;
		mirror->lost.ring_full += lost.ring_full;
	}
	mirror->sniffer = NULL;
	pthread_mutex_unlock(&capture->lock);
	kidos_sniffer_close(sniffer);
	kidos_capture_wake(capture);
}

static void open_mirror(struct capture *capture, struct kidos_mirror *mirror, struct now now)
{
	char reason[KIDOS_REASON] = "";
	struct kidos_sniffer *sniffer;

	mirror->netns_number = now.netns;
	mirror->ifindex = now.ifindex;
	sniffer = open_sniffer(capture, mirror, reason);
	pthread_mutex_lock(&capture->lock);
	mirror->sniffer = sniffer;
	if (sniffer)
		snprintf(reason, sizeof(reason), "%u AF_XDP sockets, %s",
			 kidos_sniffer_sockets(sniffer),
			 kidos_sniffer_is_zero_copy(sniffer) ? "zero-copy" : "copy mode");
	memcpy(mirror->reason, reason, sizeof(reason));
	pthread_mutex_unlock(&capture->lock);
	kidos_capture_wake(capture);
	if (sniffer) {
		kidos_log(LOG_INFO, "capture of %s: %s", mirror->name, reason);
		return;
	}
	mirror->retry_ns = kidos_now_ns(CLOCK_MONOTONIC) + RETRY_NS;
	kidos_log(LOG_WARNING, "capture of %s: %s", mirror->name, reason);
}

static bool is_same(const struct kidos_mirror *mirror, struct now now)
{
	return mirror->netns_number == now.netns && mirror->ifindex == now.ifindex;
}

static void set_reason(struct capture *capture, struct kidos_mirror *mirror, const char *reason)
{
	pthread_mutex_lock(&capture->lock);
	memcpy(mirror->reason, reason, KIDOS_REASON);
	pthread_mutex_unlock(&capture->lock);
}

static void tend_mirror(struct capture *capture, struct kidos_mirror *mirror, struct now now,
			const char *reason)
{
	if (mirror->sniffer && !is_same(mirror, now))
		close_mirror(capture, mirror);
	if (!now.ifindex) {
		set_reason(capture, mirror, reason);
		mirror->retry_ns = 0;
		return;
	}
	if (!mirror->sniffer && kidos_now_ns(CLOCK_MONOTONIC) >= mirror->retry_ns)
		open_mirror(capture, mirror, now);
}

/* A stop holds the lock and waits for this thread, so it is not waited for. */
static bool lock_context(struct capture *capture)
{
	while (pthread_mutex_trylock(&capture->context->lock)) {
		if (atomic_load(&capture->manager.stopping))
			return false;
		usleep(LOCK_US);
	}
	return true;
}

static bool tend(struct capture *capture)
{
	char reasons[KIDOS_MIRRORS][KIDOS_REASON];
	struct now now[KIDOS_MIRRORS];

	if (!lock_context(capture))
		return false;
	pthread_mutex_lock(&capture->lock);
	for (size_t i = 0; i < capture->mirror_count; i++) {
		struct kidos_mirror *mirror = &capture->mirrors[i];

		now[i] = look_up(capture, mirror, reasons[i]);
		/* Of a device that was made anew, sockets are of the old one. */
		if (mirror->sniffer && !kidos_sniffer_is_alive(mirror->sniffer))
			now[i] = (struct now){};
		/* Set again each time: a slot that was given anew has no flag. */
		if (mirror->sniffer && is_same(mirror, now[i]))
			mark(capture, mirror, true);
	}
	kidos_capture_find_ports(capture);
	kidos_capture_show(capture);
	pthread_mutex_unlock(&capture->lock);
	pthread_mutex_unlock(&capture->context->lock);
	for (size_t i = 0; i < capture->mirror_count; i++)
		tend_mirror(capture, &capture->mirrors[i], now[i], reasons[i]);
	kidos_capture_start_wanted(capture);
	return true;
}

void *kidos_capture_manage(void *self)
{
	struct capture *capture = self;
	struct pollfd stop = { .fd = capture->manager.stop, .events = POLLIN };

	while (!atomic_load(&capture->manager.stopping) && tend(capture))
		poll(&stop, 1, PERIOD_MS);
	return NULL;
}

void kidos_capture_close_mirrors(struct capture *capture)
{
	for (size_t i = 0; i < capture->mirror_count; i++) {
		struct kidos_mirror *mirror = &capture->mirrors[i];

		if (!mirror->sniffer)
			continue;
		mark(capture, mirror, false);
		close_mirror(capture, mirror);
	}
}
