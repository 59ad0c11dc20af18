/* SPDX-License-Identifier: MIT */
/*
 * reader.c: the thread that reads packets. While there are some it sleeps 3 ms at a time: to be
 * woken for each costs 20 us, and the rings hold what comes meanwhile. Else it waits for the first.
 */
#include "capture/capture.h"
#include "capture/frame.h"
#include "core/now.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NAP_US 3000u
#define COPIES_MS 10 /* copies wake nobody */
#define JOBS_MS 50 /* limits of time, and what waits in a chunk */
#define DRAIN_NS 20000000u /* after which a program that saw a filter has ended */
#define FDS (KIDOS_MIRRORS * KIDOS_MIRROR_QUEUES + 2)

void kidos_capture_wake(const struct capture *capture)
{
	/* Fails only at 2^64 - 2. */
	if (eventfd_write(capture->wake, 1))
		return;
}

/* A packet of a mirror port, while it is handed on. */
struct mirrored {
	struct capture *capture;
	struct kidos_mirror *mirror;
};

static bool is_of_port(const struct kidos_job *job, const struct kidos_mirror *mirror)
{
	for (size_t i = 0; i < job->ports.count; i++)
		if (job->ports.items[i].mirror && job->ports.items[i].ifindex == mirror->ifindex &&
		    job->ports.items[i].netns == mirror->netns_number)
			return true;
	return false;
}

static bool asks_for_key(const struct kidos_flow_filter *filter)
{
	return filter->protocol != KIDOS_FILTER_ANY || filter->prefix_count || filter->port_count;
}

static void give_to_jobs(struct capture *capture, const struct kidos_mirror *mirror,
			 const struct kidos_packet *parsed, const struct kidos_taken *taken)
{
	for (unsigned int left = capture->running; left; left &= left - 1) {
		struct kidos_job *job = &capture->jobs[__builtin_ctz(left)];

		if (!is_of_port(job, mirror))
			continue;
		if (asks_for_key(&job->order.filter) &&
		    (!parsed->has_key || !kidos_flow_matches(&job->order.filter, &parsed->key)))
			continue;
		job->matched++;
		kidos_job_take(job, taken);
	}
}

static void take_mirrored(void *context, const struct kidos_sniffed *packet)
{
	const struct mirrored *mirrored = context;
	struct capture *capture = mirrored->capture;
	struct kidos_mirror *mirror = mirrored->mirror;
	uint64_t boot_ns = kidos_now_ns(CLOCK_BOOTTIME);
	const struct kidos_taken taken = {
		.data = packet->data,
		.captured = packet->captured,
		.length = packet->length,
		.netns = mirror->netns_number,
		.ifindex = mirror->ifindex,
		.time_ns = boot_ns + capture->boot_ns,
		.boot_ns = boot_ns,
		.whose = &capture->context->sinks[KIDOS_SINK_WHOSE],
	};
	struct kidos_packet parsed;

	kidos_capture_parse(packet->data, packet->captured, packet->length, true, &parsed);
	mirror->received++;
	mirror->received_bytes += packet->length;
	mirror->classes[parsed.class].packets++;
	mirror->classes[parsed.class].bytes += packet->length;
	kidos_recent_take(&capture->recent, mirror->number, taken.time_ns, packet->length, &parsed);
	give_to_jobs(capture, mirror, &parsed, &taken);
}

static void take_copy(void *context, const struct kidos_copy *copy)
{
	struct capture *capture = context;
	const struct kidos_taken taken = {
		.data = copy + 1,
		.captured = copy->captured,
		.length = copy->length,
		.tag = copy->tag,
		.netns = copy->netns,
		.ifindex = copy->ifindex,
		.time_ns = copy->time + capture->boot_ns,
		.boot_ns = copy->time,
		.whose = &capture->context->sinks[KIDOS_SINK_WHOSE],
		.direction = copy->direction == KIDOS_TX ? KIDOS_PCAPNG_OUT : KIDOS_PCAPNG_IN,
	};

	/* A filter has the number of its capture. */
	for (unsigned int left = capture->running & copy->filters; left; left &= left - 1)
		kidos_job_take(&capture->jobs[__builtin_ctz(left)], &taken);
}

/* It captures all of one interface, and by copies. */
static bool is_whole(const struct kidos_job *job)
{
	return job->ports.count == 1 && !job->ports.items[0].mirror && *job->order.interface &&
	       !asks_for_key(&job->order.filter);
}

uint64_t kidos_capture_counted(const struct capture *capture, const struct kidos_job *job)
{
	struct kidos_totals totals;
	uint64_t packets = 0;

	for (unsigned int d = 0; is_whole(job) && d < KIDOS_DIRECTIONS; d++) {
		if (kidos_maps_totals(&capture->context->maps, job->ports.items[0].slot, d,
				      &totals))
			return 0;
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++)
			packets += totals.hook[c].packets;
	}
	return packets;
}

/* A program that began before the filter was there counts its packet, and copies nothing. */
static void count_armed(const struct capture *capture, struct kidos_job *job, uint64_t now_ns)
{
	if (!job->armed_ns || now_ns - job->armed_ns < DRAIN_NS)
		return;
	job->armed_ns = 0;
	job->counted.armed = kidos_capture_counted(capture, job);
	job->counted.known = is_whole(job);
}

static void disarm(struct capture *capture, struct kidos_job *job, uint64_t now_ns)
{
	job->counted.last = kidos_capture_counted(capture, job);
	if (job->copy >= 0)
		kidos_copies_disarm(capture->copies, (unsigned int)job->copy);
	job->disarmed_ns = now_ns;
}

/* What the programs counted for it; the ring has been read since they stopped. */
static void count_copies(struct capture *capture, struct kidos_job *job)
{
	struct kidos_copied count;

	if (job->copy < 0 || kidos_copies_count(capture->copies, (unsigned int)job->copy, &count))
		return;
	job->counted.after = kidos_capture_counted(capture, job);
	job->matched += count.matched.packets - job->base_matched;
	job->fates[KIDOS_FATE_RING] = count.lost - job->base_lost;
}

/* Without a chunk to take the end with it is tried again. */
static void end_job(struct capture *capture, struct kidos_job *job)
{
	uint64_t unseen = kidos_capture_unseen(capture, job);

	count_copies(capture, job);
	if (unseen > job->base_unseen) /* else the port is not there any more */
		job->unseen = unseen - job->base_unseen;
	/* The filter is another capture's from now on. */
	job->copy = -1;
	job->stage = KIDOS_CAPTURE_ENDING;
	if (!kidos_job_end(job)) {
		job->stage = KIDOS_CAPTURE_RUNNING;
		return;
	}
	capture->running &= ~(1u << (job - capture->jobs));
}

static void tend_job(struct capture *capture, struct kidos_job *job, uint64_t now_ns)
{
	if (job->stage != KIDOS_CAPTURE_RUNNING)
		return;
	count_armed(capture, job, now_ns);
	if (!job->end && job->deadline_ns && now_ns >= job->deadline_ns)
		job->end = "its time was over";
	if (!job->end)
		kidos_job_flush(job, now_ns);
	else if (!job->disarmed_ns)
		disarm(capture, job, now_ns);
	else if (job->copy < 0 || now_ns - job->disarmed_ns >= DRAIN_NS)
		end_job(capture, job);
}

unsigned int kidos_capture_round(struct capture *capture)
{
	/* Before the ring is read: a job ends with a ring that was read after the time it waited.
	 */
	uint64_t now_ns = kidos_now_ns(CLOCK_MONOTONIC);
	unsigned int got = 0;

	capture->boot_ns = kidos_boot_ns();
	for (size_t i = 0; i < capture->mirror_count; i++) {
		struct mirrored mirrored = { capture, &capture->mirrors[i] };

		if (capture->mirrors[i].sniffer)
			got += kidos_sniffer_read(capture->mirrors[i].sniffer, take_mirrored,
						  &mirrored);
	}
	if (capture->copies)
		got += kidos_copies_read(capture->copies, take_copy, capture);
	for (unsigned int i = 0; i < KIDOS_JOBS; i++)
		tend_job(capture, &capture->jobs[i], now_ns);
	return got;
}

/* What to wait for, and how long at most; under the lock. */
static nfds_t fill_poll(const struct capture *capture, struct pollfd fds[FDS], int *timeout)
{
	nfds_t count = 0;

	fds[count++] = (struct pollfd){ .fd = capture->reader.stop, .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = capture->wake, .events = POLLIN };
	for (size_t i = 0; i < capture->mirror_count; i++) {
		const struct kidos_sniffer *sniffer = capture->mirrors[i].sniffer;

		for (unsigned int q = 0; sniffer && q < kidos_sniffer_sockets(sniffer); q++)
			fds[count++] = (struct pollfd){ .fd = kidos_sniffer_fd(sniffer, q),
							.events = POLLIN };
	}
	*timeout = -1;
	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		const struct kidos_job *job = &capture->jobs[i];

		if (job->stage == KIDOS_CAPTURE_RUNNING && (job->copy >= 0 || job->end))
			*timeout = COPIES_MS;
		else if (job->stage == KIDOS_CAPTURE_RUNNING && *timeout < 0)
			*timeout = JOBS_MS;
	}
	return count;
}

static void take_wake(const struct capture *capture, const struct pollfd *fd)
{
	eventfd_t value;

	if (fd->revents && eventfd_read(capture->wake, &value))
		return;
}

void *kidos_capture_read(void *self)
{
	struct capture *capture = self;
	struct pollfd fds[FDS];
	nfds_t count = 0;
	int timeout = 0, woken = 0;

	while (!atomic_load(&capture->reader.stopping)) {
		unsigned int got;

		pthread_mutex_lock(&capture->lock);
		got = kidos_capture_round(capture);
		if (!got)
			count = fill_poll(capture, fds, &timeout);
		pthread_mutex_unlock(&capture->lock);
		/* Woken for nothing: a socket's device has gone, and the socket soon will. */
		if (got || woken > 0)
			usleep(NAP_US);
		woken = 0;
		if (!got)
			woken = poll(fds, count, timeout);
		if (woken > 0)
			take_wake(capture, &fds[1]);
	}
	return NULL;
}
