/* SPDX-License-Identifier: MIT */
#include "connects/ctl_sum.h"
#include "connects/ctl_scan.h"
#include "connects/json.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool keep_latency(struct ctl_connects_sum *sum, uint64_t ns)
{
	if (sum->latency_count == sum->latency_room) {
		size_t room = sum->latency_room ? 2 * sum->latency_room : 256;
		uint64_t *more = reallocarray(sum->latencies, room, sizeof(*more));

		if (!more)
			return false;
		sum->latencies = more;
		sum->latency_room = room;
	}
	sum->latencies[sum->latency_count++] = ns;
	return true;
}

static void add_attempt(struct ctl_connects_sum *sum, const struct kidos_connect_record *record)
{
	char text[KIDOS_TEXT_ENDPOINT];

	sum->attempts++;
	sum->results[kidos_connect_result_of(record)]++;
	sum->failed |= !kidos_tally_add(&sum->protocols, kidos_connect_proto(record, text), 1);
	kidos_connect_destination(record, text);
	sum->failed |= !kidos_tally_add(&sum->destinations, text, 1);
	if (record->kind == KIDOS_CONNECT_SEND)
		sum->datagrams += record->count;
	if (record->type == SOCK_STREAM && kidos_connect_is_ip(record) &&
	    record->outcome == KIDOS_CONNECT_SUCCEEDED)
		sum->failed |= !keep_latency(sum, record->latency);
}

static void add_close(struct ctl_connects_sum *sum, const struct kidos_connect_record *record)
{
	sum->closed++;
	sum->rx += record->rx;
	sum->tx += record->tx;
	sum->retransmits += record->retransmits;
}

void ctl_connects_sum_add(struct ctl_connects_sum *sum, const struct kidos_connect_view *view)
{
	const struct kidos_connect_record *record = &view->record;

	if (record->kind == KIDOS_CONNECT_ACCEPT)
		sum->accepts++;
	else if (record->kind == KIDOS_CONNECT_CLOSE)
		add_close(sum, record);
	else
		add_attempt(sum, record);
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

void ctl_connects_sum_end(struct ctl_connects_sum *sum)
{
	if (sum->latency_count)
		qsort(sum->latencies, sum->latency_count, sizeof(*sum->latencies), compare_ns);
	kidos_tally_sort(&sum->protocols);
	kidos_tally_sort(&sum->destinations);
}

void ctl_connects_sum_free(struct ctl_connects_sum *sum)
{
	kidos_tally_free(&sum->protocols);
	kidos_tally_free(&sum->destinations);
	free(sum->latencies);
}

double ctl_connects_sum_percentile(const struct ctl_connects_sum *sum, unsigned int percent)
{
	size_t rank = (sum->latency_count * percent + 99) / 100;

	return sum->latency_count ? (double)sum->latencies[rank ? rank - 1 : 0] / 1e9 : NAN;
}

uint64_t ctl_connects_sum_failed(const struct ctl_connects_sum *sum)
{
	uint64_t failed = 0;

	for (unsigned int error = 1; error < KIDOS_CONNECT_ERRNOS; error++)
		failed += sum->results[error];
	return failed;
}

static void print_who(const struct ctl_connects_sum *sum)
{
	char command[4 * 64], since[KIDOS_TEXT_TIME];

	kidos_text_local(sum->window.since, since);
	if (sum->filter->pid) {
		printf("Process %u since %s\n", sum->filter->pid, since);
	} else {
		kidos_text_escape(sum->filter->command, command, sizeof(command));
		printf("Command %s since %s, %zu processes\n", command, since, sum->pids);
	}
	ctl_window_print(&sum->window);
}

static void print_results(const struct ctl_connects_sum *sum)
{
	char name[KIDOS_CONNECT_RESULT_NAME];

	printf("  attempts     %" PRIu64 ": ok %" PRIu64 ", failed %" PRIu64 ", abandoned %" PRIu64
	       ", lost %" PRIu64 "\n",
	       sum->attempts, sum->results[KIDOS_CONNECT_RESULT_OK], ctl_connects_sum_failed(sum),
	       sum->results[KIDOS_CONNECT_RESULT_ABANDONED],
	       sum->results[KIDOS_CONNECT_RESULT_LOST]);
	for (unsigned int error = 1; error < KIDOS_CONNECT_ERRNOS; error++)
		if (sum->results[error])
			printf("    %-14s %" PRIu64 "\n", kidos_connect_result_name(error, name),
			       sum->results[error]);
}

static void print_top(const char *title, const struct kidos_tally *tally, size_t most)
{
	for (size_t i = 0; i < tally->count && i < most; i++)
		printf("%s%s %" PRIu64, i ? ", " : title, tally->rows[i].text,
		       tally->rows[i].count);
	if (tally->count)
		printf("%s\n", tally->count > most ? ", ..." : "");
}

static void print(const struct ctl_connects_sum *sum)
{
	print_who(sum);
	print_results(sum);
	print_top("  protocols    ", &sum->protocols, CTL_SUM_TOP);
	if (sum->latency_count)
		printf("  latency      p50 %.6f s, p95 %.6f s, p99 %.6f s, slowest %.6f s\n",
		       ctl_connects_sum_percentile(sum, 50), ctl_connects_sum_percentile(sum, 95),
		       ctl_connects_sum_percentile(sum, 99), ctl_connects_sum_percentile(sum, 100));
	printf("  accepts      %" PRIu64 "\n  datagrams    %" PRIu64 "\n", sum->accepts,
	       sum->datagrams);
	printf("  ended        %" PRIu64 ": %" PRIu64 " bytes received, %" PRIu64 " sent, %" PRIu64
	       " segments again\n",
	       sum->closed, sum->rx, sum->tx, sum->retransmits);
	print_top("  destinations ", &sum->destinations, CTL_SUM_TOP);
}

static int add_all(struct ctl_connects_scan *scan, struct ctl_connects_sum *sum)
{
	int error = ctl_connects_read(scan, NULL, NULL);

	if (error)
		return error;
	ctl_connects_limit(scan, UINT64_MAX);
	for (size_t i = 0; i < scan->count; i++)
		ctl_connects_sum_add(sum, &scan->events[i]);
	sum->window = scan->window;
	sum->pids = scan->pids;
	ctl_connects_sum_end(sum);
	return sum->failed ? -ENOMEM : 0;
}

static int sum_up(struct ctl_connects_scan *scan)
{
	struct ctl_connects_sum sum = { .filter = &scan->filter, .time_ns = scan->state->time_ns };
	int error = add_all(scan, &sum);

	if (!error && scan->settings->output.json)
		json_connects_sum_print(&sum);
	else if (!error)
		print(&sum);
	ctl_connects_sum_free(&sum);
	return error ? ctl_connects_complain(error) : CTL_OK;
}

static int poll(struct ctl_state *state, void *context)
{
	struct ctl_connects_scan scan;
	int status = ctl_connects_open(&scan, state, context);

	scan.filter.since_ns = state->time_ns - scan.settings->duration * 1000000000u;
	if (!status)
		status = sum_up(&scan);
	ctl_connects_close(&scan);
	return status;
}

static int run(const struct ctl_call *call)
{
	const struct ctl_connects_settings *settings = call->settings;

	return ctl_watch(call, &settings->output, poll, (void *)(uintptr_t)settings);
}

const struct ctl_command ctl_connections_summary = {
	.name = "connections summary",
	.help = "what one process or command did: attempts, failures, latency, bytes",
	.options = ctl_connections_summary_options,
	.size = sizeof(struct ctl_connects_settings),
	.defaults = &ctl_connects_defaults,
	.check = ctl_connections_check_one,
	.terse = true,
	.run = run,
};
