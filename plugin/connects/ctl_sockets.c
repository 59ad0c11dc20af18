/* SPDX-License-Identifier: MIT */
#include "connects/ctl_sockets.h"
#include "connects/ctl_scan.h"
#include "connects/json.h"
#include "connects/sockets.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *ctl_socket_state(const struct kidos_connect_socket *socket)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established",
		[TCP_SYN_SENT] = "syn_sent",
		[TCP_SYN_RECV] = "syn_recv",
		[TCP_FIN_WAIT1] = "fin_wait1",
		[TCP_FIN_WAIT2] = "fin_wait2",
		[TCP_TIME_WAIT] = "time_wait",
		[TCP_CLOSE] = "close",
		[TCP_CLOSE_WAIT] = "close_wait",
		[TCP_LAST_ACK] = "last_ack",
		[TCP_LISTEN] = "listen",
		[TCP_CLOSING] = "closing",
	};

	return socket->state < sizeof(names) / sizeof(names[0]) && names[socket->state]
		       ? names[socket->state]
		       : "unknown";
}

uint32_t ctl_socket_pid(const struct kidos_connect_socket *socket)
{
	return socket->tgid ? socket->tgid : socket->tgid_initial;
}

/* As an event has it, so that one filter does for both. */
static void view_of(const struct kidos_connect_socket *socket, const struct kidos_privacy *privacy,
		    struct kidos_connect_view *view)
{
	const struct kidos_connect_record record = {
		.owner = socket->owner,
		.tgid = socket->tgid,
		.tgid_initial = socket->tgid_initial,
		.family = socket->family,
		.src = socket->src,
		.dst = socket->dst,
		.sport = socket->sport,
		.dport = socket->dport,
	};

	kidos_connect_view_of(&record, 0, privacy, view);
}

static bool keep(struct ctl_sockets *sockets, const struct kidos_connect_socket *socket)
{
	if (sockets->count == sockets->room) {
		size_t room = sockets->room ? 2 * sockets->room : 1024;
		struct kidos_connect_socket *more =
			reallocarray(sockets->sockets, room, sizeof(*more));

		if (!more)
			return false;
		sockets->sockets = more;
		sockets->room = room;
	}
	sockets->sockets[sockets->count++] = *socket;
	return true;
}

static bool take(const struct kidos_connect_socket *socket, void *context)
{
	struct ctl_sockets *sockets = context;
	struct kidos_connect_socket shown = *socket;
	struct kidos_connect_view view;

	if ((socket->state == TCP_LISTEN) != sockets->listening)
		return true;
	view_of(socket, &sockets->state->maps.meta.privacy, &view);
	if (!kidos_connect_matches(&sockets->settings->filter, &view))
		return true;
	shown.owner = view.record.owner;
	shown.src = view.record.src;
	shown.dst = view.record.dst;
	sockets->failed |= !keep(sockets, &shown);
	return !sockets->failed;
}

static int most_bytes_first(const void *a, const void *b)
{
	const struct kidos_connect_socket *left = a, *right = b;
	uint64_t one = left->rx + left->tx, other = right->rx + right->tx;

	if (one != other)
		return one < other ? 1 : -1;
	return (left->socket > right->socket) - (left->socket < right->socket);
}

static int by_port(const void *a, const void *b)
{
	const struct kidos_connect_socket *left = a, *right = b;

	if (left->sport != right->sport)
		return left->sport < right->sport ? -1 : 1;
	return (left->socket > right->socket) - (left->socket < right->socket);
}

static void add_number(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void add_seconds(struct ctl_grid *grid, bool known, double seconds)
{
	char text[32] = "-";

	if (known)
		snprintf(text, sizeof(text), "%.3f", seconds);
	ctl_grid_add(grid, text);
}

static void add_owner(struct ctl_grid *grid, struct ctl_sockets *sockets,
		      const struct kidos_connect_socket *socket)
{
	char command[KIDOS_CONNECT_COMMAND], text[CTL_UNIT];

	kidos_connect_shown_command(&socket->owner, command);
	snprintf(text, sizeof(text), "%s[%u]", command, ctl_socket_pid(socket));
	ctl_grid_add(grid, text);
	ctl_connects_unit(&sockets->cgroups, socket->owner.cgroup, text);
	ctl_grid_add(grid, text);
}

static void add_live(struct ctl_grid *grid, struct ctl_sockets *sockets,
		     const struct kidos_connect_socket *socket)
{
	bool ipv4 = socket->family == AF_INET;
	uint64_t now = kidos_now_ns(CLOCK_BOOTTIME);
	char text[KIDOS_TEXT_ENDPOINT];

	add_owner(grid, sockets, socket);
	ctl_grid_add(grid, socket->passive ? "in" : "out");
	kidos_connect_end(&socket->src, socket->sport, ipv4, text);
	ctl_grid_add(grid, text);
	kidos_connect_end(&socket->dst, socket->dport, ipv4, text);
	ctl_grid_add(grid, text);
	ctl_grid_add(grid, ctl_socket_state(socket));
	add_seconds(grid, socket->since && now > socket->since,
		    (double)(now - socket->since) / 1e9);
	add_number(grid, socket->rx);
	add_number(grid, socket->tx);
	add_seconds(grid, socket->srtt_us, (double)socket->srtt_us / 1e6);
	add_number(grid, socket->retransmits);
	ctl_grid_add(grid, socket->zero_windows ? "yes" : "no");
}

static void add_listener(struct ctl_grid *grid, struct ctl_sockets *sockets,
			 const struct kidos_connect_socket *socket)
{
	char text[KIDOS_TEXT_ENDPOINT];

	add_owner(grid, sockets, socket);
	kidos_connect_end(&socket->src, socket->sport, socket->family == AF_INET, text);
	ctl_grid_add(grid, text);
	add_number(grid, socket->queue);
	add_number(grid, socket->queue_max);
	add_number(grid, socket->overflows);
}

static void print(struct ctl_sockets *sockets)
{
	static const struct ctl_grid_column live[] = {
		{ "PROCESS", false }, { "UNIT", false },  { "WAY", false },  { "LOCAL", false },
		{ "REMOTE", false },  { "STATE", false }, { "AGE", true },   { "RX", true },
		{ "TX", true },       { "RTT", true },    { "AGAIN", true }, { "ZERO", false },
	};
	static const struct ctl_grid_column listening[] = {
		{ "PROCESS", false }, { "UNIT", false },   { "ADDRESS", false },
		{ "WAITING", true },  { "BACKLOG", true }, { "OVERFLOWS", true },
	};
	struct ctl_grid grid = { .columns = sockets->listening ? listening : live,
				 .width = sockets->listening
						  ? sizeof(listening) / sizeof(listening[0])
						  : sizeof(live) / sizeof(live[0]) };
	size_t limit = ctl_watch_rows(&sockets->settings->output);

	printf("%zu %s\n", sockets->count, sockets->listening ? "listeners" : "connections");
	for (size_t i = 0; i < sockets->count && (!limit || i < limit); i++)
		(sockets->listening ? add_listener : add_live)(&grid, sockets,
							       &sockets->sockets[i]);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static int read_and_print(struct ctl_sockets *sockets)
{
	int error = kidos_connect_sockets_each(sockets->state->path, take, sockets);

	if (sockets->failed)
		error = -ENOMEM;
	if (error == -ENOENT) {
		ctl_complain("this daemon counts no connections");
		return CTL_FAILURE;
	}
	if (error) {
		ctl_complain("open sockets: %s", strerror(-error));
		return CTL_FAILURE;
	}
	if (sockets->count)
		qsort(sockets->sockets, sockets->count, sizeof(*sockets->sockets),
		      sockets->listening ? by_port : most_bytes_first);
	ctl_watch_head(&sockets->settings->output, sockets->state);
	if (sockets->settings->output.json)
		json_sockets_print(sockets, sockets->listening ? "listeners" : "connections");
	else
		print(sockets);
	return CTL_OK;
}

/* Units that were seen before their group went; without such a map they are asked of the kernel. */
static int open_units(const struct ctl_state *state)
{
	return kidos_map_open(&kidos_connect_map_set.rows[KIDOS_CONNECT_MAP_UNITS], state->path,
			      KIDOS_MAP_READ);
}

static int poll(struct ctl_state *state, const struct ctl_sockets_settings *settings,
		bool listening)
{
	struct ctl_sockets sockets = { .settings = settings,
				       .state = state,
				       .listening = listening };
	int units = open_units(state), status = CTL_USAGE;

	kidos_connect_cgroups_open(&sockets.cgroups, units);
	if (ctl_connects_may_ask(state, &settings->filter))
		status = read_and_print(&sockets);
	kidos_connect_cgroups_close(&sockets.cgroups);
	if (units >= 0)
		close(units);
	free(sockets.sockets);
	return status;
}

static int poll_live(struct ctl_state *state, void *context)
{
	return poll(state, context, false);
}

static int poll_listeners(struct ctl_state *state, void *context)
{
	return poll(state, context, true);
}

static int run_live(const struct ctl_call *call)
{
	const struct ctl_sockets_settings *settings = call->settings;

	return ctl_watch(call, &settings->output, poll_live, (void *)(uintptr_t)settings);
}

static int run_listeners(const struct ctl_call *call)
{
	const struct ctl_sockets_settings *settings = call->settings;

	return ctl_watch(call, &settings->output, poll_listeners, (void *)(uintptr_t)settings);
}

const struct ctl_command ctl_connections_live = {
	.name = "connections live",
	.help = "TCP connections that are open now, by bytes",
	.options = ctl_connections_live_options,
	.size = sizeof(struct ctl_sockets_settings),
	.defaults = &ctl_sockets_defaults,
	.terse = true,
	.run = run_live,
};

static const struct ctl_sockets_settings listeners_defaults = {
	.filter = KIDOS_CONNECT_FILTER_ALL,
};

const struct ctl_command ctl_listeners = {
	.name = "listeners",
	.help = "who listens where, and how full its queue is",
	.options = ctl_listeners_options,
	.size = sizeof(struct ctl_sockets_settings),
	.defaults = &listeners_defaults,
	.terse = true,
	.run = run_listeners,
};
