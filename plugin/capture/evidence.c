/* SPDX-License-Identifier: MIT */
/*
 * evidence.c: an alert begins, and what it is about is captured: its flow, its host or its
 * interface. Alerts that are about the same share a capture; when the last of them is over, it is.
 */
#include "capture/capture.h"
#include "core/flow_key.h"
#include "core/log.h"
#include "core/notice.h"
#include "core/now.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_NS 1000000000u /* for the file's end, before the notification is sent */
#define POLL_US 5000

/* The alert's; of no alert, the job's. */
static struct kidos_evidence *find(struct capture *capture, uint64_t alert, uint64_t job)
{
	for (unsigned int i = 0; i < KIDOS_EVIDENCE; i++)
		if (capture->evidence[i].alert == alert &&
		    (alert || capture->evidence[i].job == job))
			return &capture->evidence[i];
	return NULL;
}

static void add_host(struct kidos_order *order, const struct kidos_flow_key *flow,
		     const union kidos_address *address)
{
	bool ipv4 = kidos_key_is_ipv4(flow);

	if (address->halves[0] || address->halves[1])
		order->filter.prefixes[order->filter.prefix_count++] =
			(struct kidos_prefix){ *address, ipv4, ipv4 ? 32 : 128 };
}

static void add_port(struct kidos_order *order, uint16_t port)
{
	if (port)
		order->filter.ports[order->filter.port_count++] = port;
}

/* Of a flow that an alert has as an example the rest differs from packet to packet. */
static const struct shared {
	bool src, dst, sport, dport;
} shared_of[] = {
	[KIDOS_ABOUT_FLOW] = { .src = true, .dst = true, .sport = true, .dport = true },
	[KIDOS_ABOUT_SOURCE] = { .src = true },
	[KIDOS_ABOUT_SERVICE] = { .dst = true, .dport = true },
	[KIDOS_ABOUT_CLIENT] = { .src = true, .dst = true, .dport = true },
};

static void add_protocol(struct kidos_order *order, const struct kidos_flow_key *flow,
			 const struct shared *shared)
{
	if (kidos_key_protocol(flow))
		order->filter.protocol = (int)kidos_key_protocol(flow);
	if (!kidos_key_has_ports(flow))
		return;
	if (shared->sport)
		add_port(order, flow->sport);
	add_port(order, flow->dport);
}

/* False: it is about nothing that can be captured. */
static bool order_of(const struct capture *capture, const struct kidos_notice *notice,
		     struct kidos_order *order)
{
	const struct shared *shared = &shared_of[notice->about];
	const struct kidos_flow_key *flow = &notice->flow;

	*order = (struct kidos_order)KIDOS_ORDER_ALL;
	snprintf(order->why, sizeof(order->why), "alert_id=%016" PRIx64 " kind=%s", notice->alert,
		 notice->kind);
	for (size_t i = 0; i < capture->ports.count; i++)
		if (!strcmp(capture->ports.items[i].label, notice->instance))
			snprintf(order->interface, sizeof(order->interface), "%.79s",
				 notice->instance);
	if (shared->src)
		add_host(order, flow, &flow->src);
	if (shared->dst)
		add_host(order, flow, &flow->dst);
	if (shared->dport)
		add_protocol(order, flow, shared);
	return *order->interface || order->filter.prefix_count;
}

/* A capture of the same that runs: its next packet says what else it is of. Its number, or 0. */
static uint64_t join(struct capture *capture, const struct kidos_order *order,
		     char file[KIDOS_FOLDER_NAME])
{
	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		struct kidos_job *job = &capture->jobs[i];
		struct kidos_order same = *order;

		if (job->stage != KIDOS_CAPTURE_RUNNING || job->end || !*job->order.why)
			continue;
		same.snap = job->order.snap;
		if (!kidos_order_same(&same, &job->order))
			continue;
		memcpy(job->comment, order->why, sizeof(job->comment));
		kidos_files_name(capture->rules.names, job->number, file);
		return job->number;
	}
	return 0;
}

static void remember(struct capture *capture, uint64_t alert, uint64_t job, const char *file)
{
	struct kidos_evidence *evidence = find(capture, alert, job);

	if (!evidence)
		evidence = &capture->evidence[capture->evidence_next++ % KIDOS_EVIDENCE];
	*evidence = (struct kidos_evidence){ .alert = alert, .job = job };
	memcpy(evidence->file, file, sizeof(evidence->file));
}

uint64_t kidos_capture_evidence(struct capture *capture, const struct kidos_order *order,
				uint64_t alert, char file[KIDOS_FOLDER_NAME],
				char reason[KIDOS_REASON])
{
	struct kidos_order bounded = *order;
	uint64_t job;

	bounded.packets = capture->settings->packets;
	bounded.bytes = capture->settings->bytes;
	bounded.seconds = capture->settings->seconds;
	pthread_mutex_lock(&capture->lock);
	job = join(capture, &bounded, file);
	pthread_mutex_unlock(&capture->lock);
	if (!job)
		job = kidos_capture_start(capture, &bounded, file, reason);
	if (!job)
		return 0;
	pthread_mutex_lock(&capture->lock);
	remember(capture, alert, job, file);
	pthread_mutex_unlock(&capture->lock);
	return job;
}

static void name_file(const struct capture *capture, const char *file,
		      struct kidos_notice_capture *said)
{
	int length = snprintf(said->file, sizeof(said->file), "%s/%s", capture->settings->directory,
			      file);

	/* No path is better than half of one. */
	if (length < 0 || (size_t)length >= sizeof(said->file))
		*said->file = '\0';
}

static void begin(struct capture *capture, const struct kidos_notice *notice)
{
	char file[KIDOS_FOLDER_NAME] = "", reason[KIDOS_REASON] = "it is about no packets";
	const struct kidos_evidence *before;
	struct kidos_order order;
	uint64_t job = 0;
	bool wanted;

	pthread_mutex_lock(&capture->lock);
	before = find(capture, notice->alert, 0);
	if (before) {
		job = before->job;
		memcpy(file, before->file, sizeof(file));
	}
	wanted = order_of(capture, notice, &order);
	pthread_mutex_unlock(&capture->lock);
	if (!job && wanted)
		job = kidos_capture_evidence(capture, &order, notice->alert, file, reason);
	if (job)
		name_file(capture, file, notice->capture);
	else
		kidos_log(LOG_NOTICE, "capture: none for an alert %s: %s", notice->kind, reason);
}

static bool is_wanted_by_others(const struct capture *capture, uint64_t job)
{
	for (unsigned int i = 0; i < KIDOS_EVIDENCE; i++)
		if (capture->evidence[i].job == job && !capture->evidence[i].over)
			return true;
	return false;
}

/* Packets in the files, and whether that will change no more. */
static bool read_packets(struct capture *capture, uint64_t number, uint64_t *packets)
{
	struct kidos_capture_row row;

	kidos_capture_show(capture);
	if (kidos_map_read(capture->maps[KIDOS_CAPTURE_MAP_ROWS],
			   (unsigned int)(number % KIDOS_CAPTURE_ROWS), &row) ||
	    row.number != number)
		return true;
	*packets = row.fates[KIDOS_FATE_WRITTEN];
	return row.stage == KIDOS_CAPTURE_DONE;
}

static void end(struct capture *capture, const struct kidos_notice *notice)
{
	uint64_t until_ns = kidos_now_ns(CLOCK_MONOTONIC) + PATIENCE_NS, number;
	struct kidos_evidence *evidence;
	struct kidos_job *job;
	bool done, shared;

	pthread_mutex_lock(&capture->lock);
	evidence = find(capture, notice->alert, 0);
	number = evidence ? evidence->job : 0;
	if (number) {
		evidence->over = true;
		name_file(capture, evidence->file, notice->capture);
	}
	shared = number && is_wanted_by_others(capture, number);
	job = number && !shared ? kidos_capture_find(capture, number) : NULL;
	if (job && !job->end)
		job->end = "the alert was over";
	pthread_mutex_unlock(&capture->lock);
	kidos_capture_wake(capture);
	done = !number;
	while (!done) {
		pthread_mutex_lock(&capture->lock);
		done = read_packets(capture, number, &notice->capture->packets) || shared;
		pthread_mutex_unlock(&capture->lock);
		done = done || kidos_now_ns(CLOCK_MONOTONIC) >= until_ns;
		if (!done)
			usleep(POLL_US);
	}
}

void kidos_capture_alert(void *self, const void *thing)
{
	const struct kidos_notice *notice = thing;
	struct capture *capture = self;

	if (!atomic_load(&capture->on) || !notice->capture)
		return;
	if (notice->severity == KIDOS_SEVERITY_OKAY)
		end(capture, notice);
	else if (kidos_strings_have(&capture->settings->on, notice->kind))
		begin(capture, notice);
}
