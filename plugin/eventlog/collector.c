/* SPDX-License-Identifier: MIT */
/* collector.c: flows and alerts, as rows of a file. */
#include "collector.h"
#include "core/log.h"
#include "core/privacy.h"
#include "eventlog/settings.h"
#include "eventlog/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct eventlog {
	const struct kidos_context *context;
	const struct kidos_log_settings *settings;
	struct kidos_privacy privacy;
	bool enabled;
	bool test; /* nothing is written */
	atomic_bool on; /* rows are taken */
	struct kidos_log_writer *writer; /* from the first start on */
};

/* Flows whose difference is hidden share their rows. */
static void take_flow(void *self, const void *given)
{
	struct eventlog *log = self;
	struct kidos_flow_gain gain = *(const struct kidos_flow_gain *)given;
	struct kidos_flow_key shown;

	if (!atomic_load(&log->on))
		return;
	shown = kidos_privacy_flow(&log->privacy, gain.key);
	gain.key = &shown;
	kidos_log_writer_flow(log->writer, &gain);
}

static void take_alert(void *self, const void *notice)
{
	struct eventlog *log = self;

	if (atomic_load(&log->on))
		kidos_log_writer_alert(log->writer, notice);
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct eventlog *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->context = context;
	log->settings = settings;
	log->enabled = enabled;
	log->test = context->config->test;
	log->privacy = kidos_privacy_of(context->config);
	if (!enabled)
		return log;
	context->flow_window_ns = log->settings->log_window * 1000000000u;
	context->meta.sizes = true;
	kidos_sinks_add(&context->sinks[KIDOS_SINK_FLOW], take_flow, log);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT], take_alert, log);
	return log;
}

static int start(void *self)
{
	struct eventlog *log = self;
	int error;

	if (!log->writer && !log->test) {
		log->writer = kidos_log_writer_open(log->settings, &log->context->stopping);
		error = log->writer ? 0 : -errno;
		if (error) {
			kidos_log(LOG_ERR, "event log: %s", strerror(-error));
			return error;
		}
	}
	atomic_store(&log->on, !log->test);
	return 0;
}

static void stop(void *self)
{
	struct eventlog *log = self;

	atomic_store(&log->on, false);
}

/* Whoever gives flows and alerts has been closed before: it stands behind this in the table. */
static void close_log(void *self)
{
	struct eventlog *log = self;

	atomic_store(&log->on, false);
	kidos_log_writer_close(log->writer);
	free(log);
}

static uint64_t least(const void *self)
{
	const struct eventlog *log = self;

	return log->enabled ? kidos_log_writer_bytes() : 0;
}

static void put_counts(const struct kidos_log_counts *counts, char *text, size_t room)
{
	size_t used = (size_t)snprintf(text, room, "%" PRIu64 " rows", counts->written);

	for (int i = 0; i < KIDOS_LOG_LOSTS && used < room; i++)
		if (counts->lost[i])
			used += (size_t)snprintf(text + used, room - used,
						 ", not written: %s %" PRIu64,
						 kidos_log_lost_names[i], counts->lost[i]);
	if (counts->failing && used < room)
		snprintf(text + used, room - used, "; %s", counts->reason);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct eventlog *log = self;
	struct kidos_log_counts counts;

	status->state = atomic_load(&log->on) ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
	if (!log->writer)
		return;
	kidos_log_writer_count(log->writer, &counts);
	if (counts.failing && status->state == KIDOS_COLLECTOR_ON)
		status->state = KIDOS_COLLECTOR_FAILED;
	put_counts(&counts, status->reason, sizeof(status->reason));
}

static void poll(void *self, const struct kidos_poll *poll)
{
	struct eventlog *log = self;
	struct kidos_log_counts counts;
	char name[32];

	if (!log->writer)
		return;
	kidos_log_writer_count(log->writer, &counts);
	poll->output->instance = "eventlog";
	kidos_send_derive(poll->output, "total_events", "rows", counts.written);
	for (int i = 0; i < KIDOS_LOG_LOSTS; i++) {
		snprintf(name, sizeof(name), "lost_%s", kidos_log_lost_names[i]);
		kidos_send_derive(poll->output, "total_events", name, counts.lost[i]);
	}
}

const struct kidos_collector kidos_eventlog_collector = {
	.name = "eventlog",
	.block = &kidos_log_block,
	.serves = true,
	.create = create,
	.close = close_log,
	.least = least,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = poll,
};
