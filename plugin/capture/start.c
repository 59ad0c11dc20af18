/* SPDX-License-Identifier: MIT */
/* start.c: a capture begins, on a request or for an alert, and ends on a request. */
#include "capture/capture.h"
#include "core/flow_key.h"
#include "core/now.h"
#include "core/privacy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
#define END_PATIENCE_NS SECOND_NS
#define END_POLL_US 5000

static struct kidos_job *free_job(struct capture *capture, char reason[KIDOS_REASON])
{
	struct kidos_job *found = NULL;
	uint64_t used = 0;

	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		if (capture->jobs[i].stage == KIDOS_CAPTURE_DONE)
			kidos_capture_show(capture);
		if (capture->jobs[i].stage != KIDOS_CAPTURE_NONE)
			used++;
		else if (!found)
			found = &capture->jobs[i];
	}
	if (found && used < capture->settings->captures)
		return found;
	snprintf(reason, KIDOS_REASON, "%" PRIu64 " captures run already (Capture / Captures)",
		 used);
	return NULL;
}

bool kidos_capture_is_called(const struct kidos_job_port *port, const char *name)
{
	char full[KIDOS_NETNS_NAME + IF_NAMESIZE + 1];

	snprintf(full, sizeof(full), "%s:%s", port->netns_name, port->name);
	return !strcmp(name, port->label) || !strcmp(name, full) ||
	       (!strcmp(name, port->name) && !*port->netns_name);
}

/* Those that are meant and can be captured. False with a reason where there is none. */
static bool choose_ports(const struct capture *capture, const char *name,
			 struct kidos_job_ports *chosen, char reason[KIDOS_REASON])
{
	chosen->count = 0;
	snprintf(reason, KIDOS_REASON, "no interface that is followed is called %.80s",
		 *name ? name : "anything");
	for (size_t i = 0; i < capture->ports.count; i++) {
		const struct kidos_job_port *port = &capture->ports.items[i];

		if (*name && !kidos_capture_is_called(port, name))
			continue;
		if (*capture->port_reasons[i])
			snprintf(reason, KIDOS_REASON, "%.15s: %.200s", port->name,
				 capture->port_reasons[i]);
		else
			chosen->items[chosen->count++] = *port;
	}
	return chosen->count;
}

static bool is_copied(const struct kidos_job_ports *ports)
{
	for (size_t i = 0; i < ports->count; i++)
		if (!ports->items[i].mirror)
			return true;
	return false;
}

static struct kidos_copy_filter filter_of(const struct capture *capture,
					  const struct kidos_job *job)
{
	const struct kidos_flow_filter *wanted = &job->order.filter;
	struct kidos_copy_filter filter = {
		.whole = job->order.snap > capture->settings->evidence_snap,
		.has_protocol = wanted->protocol != KIDOS_FILTER_ANY,
		.protocol = (__u8)wanted->protocol,
		.addresses = (__u8)wanted->prefix_count,
	};

	/* Of one interface alone, or of all that the programs see. */
	if (*job->order.interface) {
		filter.netns = job->ports.items[0].netns;
		filter.ifindex = job->ports.items[0].ifindex;
	}
	for (size_t i = 0; i < wanted->port_count && i < KIDOS_COPY_ENDS; i++)
		filter.ports[i] = wanted->ports[i];
	for (size_t i = 0; i < wanted->prefix_count && i < KIDOS_COPY_ENDS; i++) {
		const struct kidos_prefix *prefix = &wanted->prefixes[i];

		filter.address[i] = prefix->address;
		filter.ipv4 |= (__u8)(prefix->ipv4 << i);
		memset(&filter.mask[i], 0xff, sizeof(filter.mask[i]));
		kidos_address_mask(&filter.mask[i], prefix->ipv4, prefix->bits);
	}
	filter.parsed = filter.has_protocol || filter.addresses || filter.ports[0];
	return filter;
}

static int arm(struct capture *capture, struct kidos_job *job)
{
	const struct kidos_copy_filter filter = filter_of(capture, job);
	unsigned int number = (unsigned int)(job - capture->jobs);
	struct kidos_copied count;
	int error;

	if (!is_copied(&job->ports))
		return 0;
	error = kidos_copies_count(capture->copies, number, &count);
	job->counted.before = kidos_capture_counted(capture, job);
	if (!error)
		error = kidos_copies_arm(capture->copies, number, &filter);
	if (error)
		return error;
	job->base_matched = count.matched.packets;
	job->base_lost = count.lost;
	job->copy = (int)number;
	job->armed_ns = kidos_now_ns(CLOCK_MONOTONIC);
	return 0;
}

/* Under the lock again: packets are taken from now on. */
static int run_job(struct capture *capture, struct kidos_job *job, char reason[KIDOS_REASON])
{
	int error = atomic_load(&capture->on) ? arm(capture, job) : -ESHUTDOWN;

	if (error) {
		snprintf(reason, KIDOS_REASON, "the programs' filter: %s", strerror(-error));
		kidos_job_free(job);
		return error;
	}
	if (job->order.seconds)
		job->deadline_ns = kidos_now_ns(CLOCK_MONOTONIC) + job->order.seconds * SECOND_NS;
	job->base_unseen = kidos_capture_unseen(capture, job);
	job->stage = KIDOS_CAPTURE_RUNNING;
	capture->running |= 1u << (job - capture->jobs);
	kidos_capture_show(capture);
	return 0;
}

static struct kidos_job *reserve(struct capture *capture, const struct kidos_order *order,
				 struct kidos_job_ports *ports, uint64_t *number,
				 char reason[KIDOS_REASON])
{
	struct kidos_job *job;

	if (!choose_ports(capture, order->interface, ports, reason))
		return NULL;
	job = free_job(capture, reason);
	if (!job)
		return NULL;
	job->stage = KIDOS_CAPTURE_OPENING;
	*number = ++capture->last_number;
	return job;
}

uint64_t kidos_capture_start(struct capture *capture, const struct kidos_order *order,
			     char file[KIDOS_FOLDER_NAME], char reason[KIDOS_REASON])
{
	const struct kidos_capture_settings *settings = capture->settings;
	const struct kidos_privacy privacy = kidos_privacy_of(capture->context->config);
	uint64_t snap = *order->why ? settings->evidence_snap : settings->snap, number;
	struct kidos_job_ports ports;
	struct kidos_job *job;
	int error;

	if (!kidos_privacy_allows(&privacy, KIDOS_RAW_CAPTURE)) {
		snprintf(reason, KIDOS_REASON,
			 "<Privacy> hides addresses, which a file of packets has whole: "
			 "it takes Raw \"capture\" there");
		return 0;
	}
	if (order->snap > settings->snap) {
		snprintf(reason, KIDOS_REASON, "%" PRIu64 " bytes of a packet: SnapLen is %" PRIu64,
			 order->snap, settings->snap);
		return 0;
	}
	pthread_mutex_lock(&capture->lock);
	job = reserve(capture, order, &ports, &number, reason);
	pthread_mutex_unlock(&capture->lock);
	if (!job)
		return 0;
	kidos_sinks_give(&capture->context->sinks[KIDOS_SINK_CAPTURE_BEGINS], NULL);
	/* The disk may take its time, and packets are read meanwhile. */
	if (kidos_job_open(job, order, &ports, number, (uint32_t)snap, &capture->rules,
			   capture->writer, reason))
		return 0;
	memcpy(file, job->sheaf.files.name, KIDOS_FOLDER_NAME);
	pthread_mutex_lock(&capture->lock);
	error = run_job(capture, job, reason);
	pthread_mutex_unlock(&capture->lock);
	kidos_capture_wake(capture);
	return error ? 0 : number;
}

struct kidos_job *kidos_capture_find(struct capture *capture, uint64_t number)
{
	for (unsigned int i = 0; i < KIDOS_JOBS; i++)
		if (capture->jobs[i].stage == KIDOS_CAPTURE_RUNNING &&
		    capture->jobs[i].number == number)
			return &capture->jobs[i];
	return NULL;
}

static void request_start(struct capture *capture, const char *text, struct kidos_answer *answer)
{
	char reason[KIDOS_REASON] = "", file[KIDOS_FOLDER_NAME];
	struct kidos_order order;
	uint64_t number = 0;

	pthread_mutex_lock(&capture->lock);
	kidos_capture_find_ports(capture);
	pthread_mutex_unlock(&capture->lock);
	if (kidos_order_parse(text, &order, reason))
		number = kidos_capture_start(capture, &order, file, reason);
	answer->status = number ? 0 : -EINVAL;
	if (number)
		snprintf(answer->text, sizeof(answer->text), "%" PRIu64 " %s", number, file);
	else
		snprintf(answer->text, sizeof(answer->text), "%.190s", reason);
}

static void request_stop(struct capture *capture, uint64_t number, struct kidos_answer *answer)
{
	struct kidos_job *job;

	pthread_mutex_lock(&capture->lock);
	job = kidos_capture_find(capture, number);
	if (job && !job->end)
		job->end = "it was stopped";
	pthread_mutex_unlock(&capture->lock);
	kidos_capture_wake(capture);
	answer->status = job ? 0 : -ESRCH;
	snprintf(answer->text, sizeof(answer->text),
		 job ? "capture %" PRIu64 " ends" : "no capture %" PRIu64 " is running", number);
}

static void request_clear(struct capture *capture, struct kidos_answer *answer)
{
	pthread_mutex_lock(&capture->lock);
	kidos_recent_clear(&capture->recent);
	capture->since_ns = kidos_now_ns(CLOCK_REALTIME);
	kidos_capture_show(capture);
	pthread_mutex_unlock(&capture->lock);
	answer->status = 0;
	snprintf(answer->text, sizeof(answer->text), "counted anew from now on");
}

bool kidos_capture_request(void *self, const struct kidos_request *request,
			   struct kidos_answer *answer)
{
	struct capture *capture = self;

	if (request->verb < KIDOS_REQUEST_CAPTURE_START ||
	    request->verb > KIDOS_REQUEST_CAPTURE_CLEAR)
		return false;
	if (!atomic_load(&capture->on)) {
		answer->status = -ESHUTDOWN;
		snprintf(answer->text, sizeof(answer->text), "the collector capture is off%s%.150s",
			 *capture->refused ? ": " : "", capture->refused);
	} else if (request->verb == KIDOS_REQUEST_CAPTURE_START) {
		request_start(capture, request->text, answer);
	} else if (request->verb == KIDOS_REQUEST_CAPTURE_STOP) {
		request_stop(capture, request->argument, answer);
	} else {
		request_clear(capture, answer);
	}
	return true;
}

static bool is_any_left(struct capture *capture)
{
	bool left = false;

	pthread_mutex_lock(&capture->lock);
	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		struct kidos_job *job = &capture->jobs[i];

		left |= job->stage != KIDOS_CAPTURE_NONE && job->stage != KIDOS_CAPTURE_DONE;
		if (job->stage == KIDOS_CAPTURE_RUNNING && !job->end)
			job->end = "the collector was stopped";
	}
	pthread_mutex_unlock(&capture->lock);
	return left;
}

bool kidos_capture_end_all(struct capture *capture)
{
	uint64_t until_ns = kidos_now_ns(CLOCK_MONOTONIC) + END_PATIENCE_NS;
	bool left;

	while ((left = is_any_left(capture)) && kidos_now_ns(CLOCK_MONOTONIC) < until_ns) {
		kidos_capture_wake(capture);
		usleep(END_POLL_US);
	}
	return !left;
}
