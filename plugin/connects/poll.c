/* SPDX-License-Identifier: MIT */
/* poll.c: a poll of connections: counters become series, and are folded where there are many. */
#include "connects/connects.h"
#include "connects/latency.h"
#include "core/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Over all owners that are in values. */
struct sums {
	uint64_t succeeded, abandoned, lost;
	uint64_t open, retransmits;
};

static void sum_owners(const struct connects *connects, struct sums *sums)
{
	for (size_t i = 0; i < connects->owners.count; i++) {
		const struct kidos_connect_entry *entry = &connects->owners.entries[i];

		if (entry->ignored)
			continue;
		sums->succeeded += kidos_connect_sum(entry->now.succeeded);
		sums->abandoned += kidos_connect_sum(entry->now.abandoned);
		sums->lost += kidos_connect_sum(entry->now.lost);
		sums->open += entry->live.sockets;
		sums->retransmits += entry->now.retransmits + entry->live.retransmits;
	}
}

/* now: since the start. */
static void add_result(struct connects *connects, unsigned int result, uint64_t now)
{
	struct kidos_connect_value *value = &connects->tally.results[result];

	if (now > value->rx)
		kidos_connect_value_add(value, now - value->rx, 0);
}

static void add_all(struct connects *connects, const struct sums *sums)
{
	for (size_t i = 0; i < connects->owners.count; i++)
		kidos_connect_owner_add(&connects->owners.entries[i], &connects->tally);
	for (unsigned int error = 1; error < KIDOS_CONNECT_ERRNOS; error++)
		add_result(connects, error, connects->errors[error]);
	add_result(connects, KIDOS_CONNECT_RESULT_OK, sums->succeeded);
	add_result(connects, KIDOS_CONNECT_RESULT_ABANDONED, sums->abandoned);
	add_result(connects, KIDOS_CONNECT_RESULT_LOST, sums->lost);
	if (sums->retransmits > connects->retransmits)
		connects->retransmits = sums->retransmits;
}

static void send_latency(struct kidos_output *output, const struct kidos_connect_series *series)
{
	static const unsigned int percents[] = { 50, 95, 99 };
	char name[KIDOS_CONNECT_UNIT + 4];

	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		snprintf(name, sizeof(name), "%s.p%u", series->name, percents[i]);
		kidos_send_gauge(output, "latency", name,
				 kidos_connect_percentile(series->latency, percents[i]));
	}
}

static void send_results(const struct connects *connects, struct kidos_output *output)
{
	char name[KIDOS_CONNECT_RESULT_NAME];

	output->instance = "connects.result";
	for (unsigned int i = 0; i < KIDOS_CONNECT_RESULTS; i++)
		if (connects->tally.results[i].open)
			kidos_send_derive(output, "total_connections",
					  kidos_connect_result_name(i, name),
					  connects->tally.results[i].rx);
}

static void send_series(struct kidos_output *output, const struct kidos_connect_series *series)
{
	const struct kidos_connect_value *parts = series->parts;

	output->instance = "connects";
	if (parts[KIDOS_CONNECT_ATTEMPTS].open)
		kidos_send_derive(output, "total_connections", series->name,
				  parts[KIDOS_CONNECT_ATTEMPTS].rx);
	if (series->timed)
		send_latency(output, series);
	output->instance = "accepts";
	if (parts[KIDOS_CONNECT_ACCEPTS].open)
		kidos_send_derive(output, "total_connections", series->name,
				  parts[KIDOS_CONNECT_ACCEPTS].rx);
	output->instance = "connects.traffic";
	if (parts[KIDOS_CONNECT_TRAFFIC].open)
		kidos_send_rx_tx(output, "io_octets", series->name, parts[KIDOS_CONNECT_TRAFFIC].rx,
				 parts[KIDOS_CONNECT_TRAFFIC].tx);
}

static uint64_t count_pending(const struct connects *connects)
{
	uint64_t pending[KIDOS_CONNECT_PROTOCOLS] = {}, sum = 0;

	if (!connects->programs || kidos_connects_pending(connects->programs, pending))
		return 0;
	for (unsigned int i = 0; i < KIDOS_CONNECT_PROTOCOLS; i++)
		sum += pending[i];
	return sum;
}

static void send_all(const struct connects *connects, const struct sums *sums,
		     struct kidos_output *output)
{
	for (size_t i = 0; i < connects->tally.count; i++)
		send_series(output, &connects->tally.series[i]);
	send_results(connects, output);
	output->instance = "connects";
	kidos_send_gauge(output, "current_connections", "open", (double)sums->open);
	kidos_send_gauge(output, "current_connections", "pending", (double)count_pending(connects));
	kidos_send_derive(output, "total_events", "retransmits", connects->retransmits);
	output->instance = "self";
	kidos_send_derive(output, "total_events", "connects_missed", connects->state.missed);
}

static void log_errors(struct connects *connects, int error)
{
	if (error)
		kidos_log(LOG_WARNING, "read connections: %s", strerror(-error));
	if (!connects->cgroups.error || connects->cgroups_complained)
		return;
	connects->cgroups_complained = true;
	kidos_log(LOG_NOTICE, "connects: units are unknown: control groups: %s%s",
		  strerror(-connects->cgroups.error),
		  connects->cgroups.error == -EPERM ? " (it takes CAP_DAC_READ_SEARCH)" : "");
}

void kidos_connects_poll(void *self, const struct kidos_poll *poll)
{
	struct connects *connects = self;
	struct sums sums = {};
	int error;

	if (connects->maps.fd[KIDOS_CONNECT_MAP_STATE] < 0)
		return;
	connects->polls++;
	error = kidos_connects_read(connects);
	sum_owners(connects, &sums);
	add_all(connects, &sums);
	if (connects->alerts && connects->programs)
		kidos_connect_alerts_judge(connects->alerts, &connects->tally, &connects->maps,
					   &connects->state);
	if (!error)
		error = kidos_connects_fold(connects);
	log_errors(connects, error);
	connects->state.missed =
		connects->missed_before +
		(connects->programs ? kidos_connects_missed(connects->programs) : 0);
	kidos_connect_maps_set_state(&connects->maps, &connects->state);
	send_all(connects, &sums, poll->output);
	kidos_connect_tally_emitted(&connects->tally);
}
