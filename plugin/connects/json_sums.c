/* SPDX-License-Identifier: MIT */
/* json_sums.c: what is added up, and sockets that are open, as JSON. */
#include "connects/ctl_scan.h"
#include "connects/json.h"
#include "core/flow_key.h"
#include "core/now.h"
#include "ctl/json_build.h"

#include <json-c/json.h>
#include <stdio.h>
#include <sys/socket.h>

/* Results that there were, by name. */
static void add_results(struct json_object *object, const uint64_t *results)
{
	struct json_object *list = json_add_object(object, "results");
	char name[KIDOS_CONNECT_RESULT_NAME];

	for (unsigned int i = 0; i < KIDOS_CONNECT_RESULTS; i++)
		if (results[i])
			json_add_number(list, kidos_connect_result_name(i, name), results[i]);
}

static void add_tally(struct json_object *object, const char *name, const struct kidos_tally *tally,
		      size_t most)
{
	struct json_object *list = json_add_object(object, name);

	for (size_t i = 0; i < tally->count && i < most; i++)
		json_add_number(list, tally->rows[i].text, tally->rows[i].count);
}

static void add_latency(struct json_object *object, const struct ctl_connects_sum *sum)
{
	struct json_object *latency = json_add_object(object, "latency");

	json_add_ratio(latency, "p50", ctl_connects_sum_percentile(sum, 50));
	json_add_ratio(latency, "p95", ctl_connects_sum_percentile(sum, 95));
	json_add_ratio(latency, "p99", ctl_connects_sum_percentile(sum, 99));
	json_add_ratio(latency, "slowest", ctl_connects_sum_percentile(sum, 100));
}

void json_connects_sum_print(const struct ctl_connects_sum *sum)
{
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", sum->time_ns);
	if (sum->filter->pid)
		json_add_number(object, "pid", sum->filter->pid);
	else
		json_add_text(object, "command", sum->filter->command);
	json_window_add(object, &sum->window);
	json_add_number(object, "pids", sum->pids);
	json_add_number(object, "attempts", sum->attempts);
	json_add_number(object, "failed", ctl_connects_sum_failed(sum));
	add_results(object, sum->results);
	json_add_number(object, "accepts", sum->accepts);
	json_add_number(object, "datagrams", sum->datagrams);
	json_add_number(object, "closed", sum->closed);
	json_add_number(object, "rx", sum->rx);
	json_add_number(object, "tx", sum->tx);
	json_add_number(object, "retransmits", sum->retransmits);
	add_latency(object, sum);
	add_tally(object, "protocols", &sum->protocols, SIZE_MAX);
	json_add_number(object, "destination_count", sum->destinations.count);
	add_tally(object, "destinations", &sum->destinations, CTL_SUM_TOP);
	json_finish(object);
}

static void add_address(struct json_object *object, const char *name,
			const struct kidos_connect_socket *socket,
			const union kidos_address *address)
{
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, socket->family == AF_INET, text);
	json_add_text(object, name, text);
}

static void add_owner(struct json_object *object, struct ctl_sockets *sockets,
		      const struct kidos_connect_socket *socket)
{
	char text[CTL_UNIT];

	json_add_number(object, "socket", socket->socket);
	json_add_number(object, "pid", ctl_socket_pid(socket));
	json_add_number(object, "pid_initial", socket->tgid_initial);
	kidos_connect_shown_command(&socket->owner, text);
	json_add_word(object, "command", text);
	json_add_number(object, "uid", socket->uid);
	json_add_number(object, "cgroup", socket->owner.cgroup);
	ctl_connects_path(&sockets->cgroups, socket->owner.cgroup, text);
	json_add_word(object, "cgroup_path", text);
	ctl_connects_unit(&sockets->cgroups, socket->owner.cgroup, text);
	json_add_word(object, "unit", text);
	json_add_number(object, "netns", socket->netns);
}

static void add_live(struct json_object *object, const struct kidos_connect_socket *socket)
{
	json_add_text(object, "way", socket->passive ? "in" : "out");
	add_address(object, "src", socket, &socket->src);
	json_add_number(object, "sport", socket->sport);
	add_address(object, "dst", socket, &socket->dst);
	json_add_number(object, "dport", socket->dport);
	json_add_text(object, "state", ctl_socket_state(socket));
	json_add_time(object, "since", socket->since ? socket->since + kidos_boot_ns() : 0);
	json_add_number(object, "rx", socket->rx);
	json_add_number(object, "tx", socket->tx);
	json_add_number(object, "retransmits", socket->retransmits);
	json_add_fraction(object, "rtt_seconds", (double)socket->srtt_us / 1e6);
	json_add_bool(object, "zero_window", socket->zero_windows);
}

static void add_listener(struct json_object *object, const struct kidos_connect_socket *socket)
{
	add_address(object, "address", socket, &socket->src);
	json_add_number(object, "port", socket->sport);
	json_add_time(object, "since", socket->since ? socket->since + kidos_boot_ns() : 0);
	json_add_number(object, "waiting", socket->queue);
	json_add_number(object, "backlog", socket->queue_max);
	json_add_number(object, "overflows", socket->overflows);
}

void json_sockets_print(struct ctl_sockets *sockets, const char *name)
{
	struct json_object *object = json_object_new_object();
	size_t limit = sockets->settings->output.limit;

	json_add_time(object, "time", sockets->state->time_ns);
	json_add_number(object, "rows", sockets->count);
	json_add_bool(object, "cut", limit && limit < sockets->count);
	json_open(object);
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < sockets->count && (!limit || i < limit); i++) {
		struct json_object *socket = json_object_new_object();

		add_owner(socket, sockets, &sockets->sockets[i]);
		(sockets->listening ? add_listener : add_live)(socket, &sockets->sockets[i]);
		if (i)
			putchar(',');
		json_print(socket);
	}
	puts("]}");
}

static void add_row(struct json_object *object, const struct ctl_top_scan *scan,
		    const struct ctl_top_row *row, const struct ctl_top_row *before)
{
	const struct ctl_interval *interval = &scan->state->interval;
	const struct ctl_top_row *then = before ? before : row;

	json_add_number(object, "rx", row->counts.rx);
	json_add_number(object, "tx", row->counts.tx);
	json_add_rate(object, "rx_per_second", interval, then->counts.rx, row->counts.rx);
	json_add_rate(object, "tx_per_second", interval, then->counts.tx, row->counts.tx);
	json_add_number(object, "live", row->live);
	json_add_number(object, "attempts", ctl_top_attempts(row));
	json_add_rate(object, "attempts_per_second", interval, ctl_top_attempts(then),
		      ctl_top_attempts(row));
	json_add_number(object, "succeeded", ctl_top_sum(row->counts.succeeded));
	json_add_number(object, "failed", row->failed);
	json_add_number(object, "abandoned", ctl_top_sum(row->counts.abandoned));
	json_add_number(object, "lost", ctl_top_sum(row->counts.lost));
	json_add_number(object, "pending", ctl_top_pending(row));
	json_add_number(object, "accepts", row->counts.accepts);
	json_add_number(object, "datagrams", row->counts.datagrams);
	json_add_number(object, "retransmits", row->counts.retransmits);
}

void json_top_print(const struct ctl_top_scan *scan, const struct ctl_top_history *history)
{
	const char *by = scan->settings->by == CTL_TOP_UNIT ? "unit" : "command";
	struct json_object *object = json_object_new_object();
	size_t limit = scan->settings->output.limit;

	json_add_time(object, "time", scan->state->time_ns);
	json_add_text(object, "by", by);
	add_row(json_add_object(object, "total"), scan, &scan->total, NULL);
	add_results(object, scan->results);
	json_add_number(object, "rows", scan->count);
	json_add_bool(object, "cut", limit && limit < scan->count);
	json_open(object);
	printf(",\"top\":[");
	for (size_t i = 0; i < scan->count && (!limit || i < limit); i++) {
		struct json_object *row = json_object_new_object();

		json_add_text(row, by, scan->rows[i].name);
		add_row(row, scan, &scan->rows[i], ctl_top_before(history, &scan->rows[i]));
		if (i)
			putchar(',');
		json_print(row);
	}
	puts("]}");
}
