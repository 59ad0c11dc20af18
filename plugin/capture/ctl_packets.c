/* SPDX-License-Identifier: MIT */
#include "capture/json.h"
#include "capture/recent.h"
#include "core/flow_key.h"
#include "core/privacy.h"
#include "core/names.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/request.h"
#include "ctl/watch.h"
#include "netlink/cleanup.h"
#include "state/view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct settings {
	struct ctl_output output;
	struct kidos_flow_filter filter;
};

#define FIELD(member) offsetof(struct settings, member)

const struct ctl_option ctl_packets_options[] = {
	CTL_OPTION_HOST(struct settings, filter),
	CTL_OPTION_PORT(struct settings, filter),
	CTL_OPTION_PREFIX(struct settings, filter),
	{ "proto", "PROTO", "protocol by name (tcp, icmpv6) or number", ctl_set_proto,
	  FIELD(filter.protocol), false },
	{ "limit", "N", "rows of each list (default 20), 0 for all", ctl_set_limit, FIELD(output),
	  false },
	CTL_OPTION_WATCH(struct settings),
	CTL_OPTION_JSON(struct settings),
	{},
};

static const struct settings defaults = {
	.output.limit = 20,
	.filter = KIDOS_FLOW_FILTER_ALL,
};

static bool asks(const struct kidos_flow_filter *filter)
{
	return filter->protocol != KIDOS_FILTER_ANY || filter->prefix_count || filter->port_count;
}

static bool is_record_meant(const struct kidos_flow_filter *filter,
			    const struct kidos_packet_record *record)
{
	const struct kidos_flow_key key = { .src = record->src,
					    .dst = record->dst,
					    .sport = record->sport,
					    .dport = record->dport,
					    .meta = record->protocol |
						    (record->ipv4 ? KIDOS_META_IPV4 : 0) };

	return !asks(filter) || (record->has_key && kidos_flow_matches(filter, &key));
}

/* Pairs have no ports. */
static bool is_pair_meant(const struct kidos_flow_filter *filter, const struct kidos_pair *pair)
{
	const struct kidos_flow_key key = { .src = pair->src,
					    .dst = pair->dst,
					    .meta = pair->protocol |
						    (pair->ipv4 ? KIDOS_META_IPV4 : 0) };
	struct kidos_flow_filter ends = *filter;

	ends.port_count = 0;
	return kidos_flow_matches(&ends, &key);
}

static int by_sequence(const void *a, const void *b)
{
	const struct kidos_packet_record *left = a, *right = b;

	return (left->sequence < right->sequence) - (left->sequence > right->sequence);
}

static int by_bytes(const void *a, const void *b)
{
	const struct kidos_pair *left = a, *right = b;

	return (left->bytes < right->bytes) - (left->bytes > right->bytes);
}

static void settle_record(void *first, const void *second)
{
	struct kidos_packet_record *record = first;

	if (record->sequence != ((const struct kidos_packet_record *)second)->sequence)
		record->sequence = 0;
}

static void settle_pair(void *first, const void *second)
{
	struct kidos_pair *pair = first;

	if (pair->sequence != ((const struct kidos_pair *)second)->sequence)
		pair->sequence = 0;
}

static int read_records(int map, const struct kidos_privacy *privacy,
			const struct kidos_flow_filter *filter, struct ctl_packets *packets)
{
	const struct kidos_packet_record *all;
	int error = kidos_view(map, KIDOS_PACKET_RECORDS, sizeof(*all), settle_record,
			       (const void **)&all);

	for (unsigned int i = 0; !error && i < KIDOS_PACKET_RECORDS; i++) {
		struct kidos_packet_record *record = &packets->records[packets->record_count];

		if (!kidos_record_read(&all[i], record))
			continue;
		kidos_privacy_ends(privacy, record->ipv4, &record->src, &record->dst);
		packets->record_count += is_record_meant(filter, record);
	}
	if (!error)
		munmap((void *)(uintptr_t)all, KIDOS_PACKET_RECORDS * sizeof(*all));
	qsort(packets->records, packets->record_count, sizeof(*packets->records), by_sequence);
	return error;
}

static int read_pairs(int map, const struct kidos_privacy *privacy,
		      const struct kidos_flow_filter *filter, struct ctl_packets *packets)
{
	const struct kidos_pair *all;
	int error = kidos_view(map, KIDOS_PAIRS, sizeof(*all), settle_pair, (const void **)&all);

	for (unsigned int i = 0; !error && i < KIDOS_PAIRS; i++) {
		struct kidos_pair *pair = &packets->pairs[packets->pair_count];

		if (!kidos_pair_read(&all[i], pair))
			continue;
		packets->pairs_known++;
		kidos_privacy_ends(privacy, pair->ipv4, &pair->src, &pair->dst);
		packets->pair_count += is_pair_meant(filter, pair);
	}
	if (!error)
		munmap((void *)(uintptr_t)all, KIDOS_PAIRS * sizeof(*all));
	qsort(packets->pairs, packets->pair_count, sizeof(*packets->pairs), by_bytes);
	return error;
}

static int read_all(const int maps[KIDOS_CAPTURE_MAPS], const struct kidos_privacy *privacy,
		    const struct settings *settings, struct ctl_packets *packets)
{
	size_t limit = ctl_watch_rows(&settings->output);
	int error = kidos_map_read(maps[KIDOS_CAPTURE_MAP_STATE], 0, &packets->state);

	for (unsigned int i = 0; !error && i < KIDOS_MIRRORS; i++) {
		struct kidos_mirror_state *mirror = &packets->state.mirrors[i];

		mirror->netns[sizeof(mirror->netns) - 1] = '\0';
		mirror->name[sizeof(mirror->name) - 1] = '\0';
		mirror->reason[sizeof(mirror->reason) - 1] = '\0';
	}
	if (!error)
		error = read_records(maps[KIDOS_CAPTURE_MAP_RECORDS], privacy, &settings->filter,
				     packets);
	if (!error)
		error = read_pairs(maps[KIDOS_CAPTURE_MAP_PAIRS], privacy, &settings->filter,
				   packets);
	if (limit && packets->record_count > limit)
		packets->record_count = limit;
	if (limit && packets->pair_count > limit)
		packets->pair_count = limit;
	return error;
}

static void add_number(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void print_mirrors(const struct ctl_packets *packets)
{
	static const struct ctl_grid_column columns[] = {
		{ "MIRROR PORT", false }, { "SEEN", true },         { "RECEIVED", true },
		{ "RX_DROPPED", true },   { "RX_RING_FULL", true }, { "PASSED", true },
		{ "SOCKETS", false },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };
	char label[CTL_LABEL], name[KIDOS_NETNS_NAME + IF_NAMESIZE + 1];

	for (unsigned int i = 0; i < KIDOS_MIRRORS; i++) {
		const struct kidos_mirror_state *mirror = &packets->state.mirrors[i];

		if (!*mirror->name)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", mirror->netns, *mirror->netns ? ":" : "",
			 mirror->name);
		kidos_text_escape(name, label, sizeof(label));
		ctl_grid_add(&grid, label);
		add_number(&grid, mirror->seen);
		add_number(&grid, mirror->received);
		add_number(&grid, mirror->rx_dropped);
		add_number(&grid, mirror->rx_ring_full);
		add_number(&grid, mirror->passed);
		kidos_text_escape(mirror->reason, label, sizeof(label));
		ctl_grid_add(&grid, label);
	}
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void add_address(struct ctl_grid *grid, const union kidos_address *address, bool ipv4,
			int port)
{
	char text[KIDOS_TEXT_ADDRESS], end[KIDOS_TEXT_ADDRESS + 10];

	kidos_address_text(address, ipv4, text);
	if (port < 0)
		snprintf(end, sizeof(end), "%s", text);
	else
		snprintf(end, sizeof(end), ipv4 ? "%s:%d" : "[%s]:%d", text, port);
	ctl_grid_add(grid, end);
}

static void print_pairs(const struct ctl_packets *packets)
{
	static const struct ctl_grid_column columns[] = {
		{ "SOURCE", false }, { "DESTINATION", false }, { "PROTO", false },
		{ "PACKETS", true }, { "BYTES", true },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };
	char number[8];

	for (size_t i = 0; i < packets->pair_count; i++) {
		const struct kidos_pair *pair = &packets->pairs[i];

		add_address(&grid, &pair->src, pair->ipv4, -1);
		add_address(&grid, &pair->dst, pair->ipv4, -1);
		ctl_grid_add(&grid, kidos_protocol_name(pair->protocol, number));
		add_number(&grid, pair->packets);
		add_number(&grid, pair->bytes);
	}
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
	if (packets->state.unpaired.packets)
		printf("and %" PRIu64 " packets of further pairs\n",
		       (uint64_t)packets->state.unpaired.packets);
}

static void add_record(struct ctl_grid *grid, const struct kidos_packet_record *record)
{
	const struct kidos_flow_key key = { .meta = record->protocol };
	bool ports = record->has_key && kidos_key_has_ports(&key);
	char text[KIDOS_TEXT_TIME], number[8];

	kidos_text_local(record->time_ns, text);
	ctl_grid_add(grid, text);
	if (record->has_key) {
		add_address(grid, &record->src, record->ipv4, ports ? record->sport : -1);
		add_address(grid, &record->dst, record->ipv4, ports ? record->dport : -1);
		ctl_grid_add(grid, kidos_protocol_name(record->protocol, number));
	} else {
		ctl_grid_add(grid, "-");
		ctl_grid_add(grid, "-");
		ctl_grid_add(grid, kidos_class_names[record->class]);
	}
	add_number(grid, record->length);
}

static void print_records(const struct ctl_packets *packets)
{
	static const struct ctl_grid_column columns[] = {
		{ "TIME", false },  { "SOURCE", false }, { "DESTINATION", false },
		{ "PROTO", false }, { "LENGTH", true },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };

	for (size_t i = 0; i < packets->record_count; i++)
		add_record(&grid, &packets->records[i]);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void print(const struct ctl_packets *packets)
{
	char since[KIDOS_TEXT_TIME];

	print_mirrors(packets);
	kidos_text_local(packets->state.since_ns, since);
	printf("\nwho to whom since %s, %zu pairs\n", since, packets->pairs_known);
	print_pairs(packets);
	printf("\nlast packets\n");
	print_records(packets);
}

static int show(const struct ctl_state *state, const struct settings *settings,
		const int maps[KIDOS_CAPTURE_MAPS])
{
	_cleanup_free_ struct kidos_packet_record *records =
		calloc(KIDOS_PACKET_RECORDS + 1, sizeof(*records));
	_cleanup_free_ struct kidos_pair *pairs = calloc(KIDOS_PAIRS + 1, sizeof(*pairs));
	_cleanup_free_ struct ctl_packets *packets = calloc(1, sizeof(*packets));
	int error = records && pairs && packets ? 0 : -ENOMEM;

	if (!error) {
		packets->records = records;
		packets->pairs = pairs;
		error = read_all(maps, &state->maps.meta.privacy, settings, packets);
	}
	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	ctl_watch_head(&settings->output, state);
	if (settings->output.json)
		json_packets_print(state, packets);
	else
		print(packets);
	return CTL_OK;
}

static int poll(struct ctl_state *state, void *context)
{
	int maps[KIDOS_CAPTURE_MAPS] = KIDOS_NO_MAPS(KIDOS_CAPTURE_MAPS);
	int code = ctl_capture_open(state, maps);

	if (!code && maps[KIDOS_CAPTURE_MAP_ROWS] < 0) {
		ctl_complain("capture is off: it takes a block <Capture>");
		code = CTL_FAILURE;
	}
	if (!code)
		code = show(state, context, maps);
	kidos_map_set_close(&kidos_capture_map_set, maps);
	return code;
}

static int clear(const struct ctl_call *call)
{
	struct kidos_request request = { .verb = KIDOS_REQUEST_CAPTURE_CLEAR };
	struct kidos_answer answer;
	struct ctl_state state;
	int code = ctl_state_open(&state, call->state);

	if (code)
		return code;
	code = ctl_capture_ask(&state, &request, &answer);
	ctl_state_close(&state);
	if (!code)
		printf("%.*s\n", KIDOS_CONTROL_TEXT, answer.text);
	return code;
}

static int run(const struct ctl_call *call)
{
	struct settings settings = *(const struct settings *)call->settings;

	if (!call->words[0])
		return ctl_watch(call, &settings.output, poll, &settings);
	if (!strcmp(call->words[0], "clear"))
		return clear(call);
	ctl_complain("%s: no word but clear", call->words[0]);
	return CTL_USAGE;
}

const struct ctl_command ctl_packets = {
	.name = "packets",
	.help = "what mirror ports received: who sent how much to whom, and the last packets",
	.options = ctl_packets_options,
	.words = "[clear]",
	.size = sizeof(struct settings),
	.defaults = &defaults,
	.run = run,
};
