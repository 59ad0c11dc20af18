/* SPDX-License-Identifier: MIT */
#include "capture/ctl.h"
#include "capture/json.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/request.h"
#include "ctl/watch.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool set_count(void *field, const char *value)
{
	return kidos_text_number(value, 1, UINT64_MAX, field);
}

static bool set_seconds(void *field, const char *value)
{
	return kidos_text_number(value, 0, UINT32_MAX, field);
}

static bool set_snap(void *field, const char *value)
{
	return kidos_text_number(value, 64, 65528, field);
}

#define FIELD(member) offsetof(struct ctl_capture_settings, member)

const struct ctl_option ctl_capture_options[] = {
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface; without it all", ctl_set_text,
	  FIELD(interface), false },
	CTL_OPTION_HOST(struct ctl_capture_settings, order.filter),
	CTL_OPTION_PORT(struct ctl_capture_settings, order.filter),
	{ "proto", "PROTO", "protocol by name (tcp, icmpv6) or number", ctl_set_proto,
	  FIELD(order.filter.protocol), false },
	{ "filter", "EXPRESSION", "as pcap-filter(7) has it, without names of hosts and services",
	  ctl_set_text, FIELD(expression), false },
	{ "packets", "N", "packets after which it ends", set_count, FIELD(order.packets), false },
	{ "bytes", "N", "bytes of the file after which it ends", set_count, FIELD(order.bytes),
	  false },
	{ "seconds", "N", "seconds after which it ends (default 3600), 0: never", set_seconds,
	  FIELD(order.seconds), false },
	{ "snap", "N", "64 to 65528 bytes of a packet, at most (default SnapLen)", set_snap,
	  FIELD(order.snap), false },
	{ "write", "FILE", "copy the packets to FILE, - for standard output, until it ends",
	  ctl_set_text, FIELD(file), false },
	CTL_OPTION_WATCH(struct ctl_capture_settings),
	CTL_OPTION_JSON(struct ctl_capture_settings),
	{},
};

static const struct ctl_capture_settings defaults = {
	.order = { .filter = KIDOS_FLOW_FILTER_ALL, .seconds = 3600 },
};

int ctl_capture_ask(const struct ctl_state *state, struct kidos_request *request,
		    struct kidos_answer *answer)
{
	int maps[KIDOS_CONTROL_MAPS];
	int error = kidos_control_open(maps, state->path), code;

	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	code = ctl_ask(maps, state->path, state->maps.meta.pid, request, answer);
	kidos_map_set_close(&kidos_control_map_set, maps);
	return code;
}

int ctl_capture_open(const struct ctl_state *state, int maps[KIDOS_CAPTURE_MAPS])
{
	int error = kidos_map_set_open(&kidos_capture_map_set, maps, state->path, KIDOS_MAP_READ);

	if (!error)
		return CTL_OK;
	ctl_complain("%s: %s", state->path, strerror(-error));
	return CTL_FAILURE;
}

static int by_number(const void *a, const void *b)
{
	const struct kidos_capture_row *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

size_t ctl_capture_rows(const int maps[KIDOS_CAPTURE_MAPS],
			struct kidos_capture_row rows[KIDOS_CAPTURE_ROWS])
{
	size_t count = 0;

	for (unsigned int i = 0; maps[KIDOS_CAPTURE_MAP_ROWS] >= 0 && i < KIDOS_CAPTURE_ROWS; i++) {
		struct kidos_capture_row *row = &rows[count];

		if (kidos_map_read(maps[KIDOS_CAPTURE_MAP_ROWS], i, row) || !row->number ||
		    row->stage > KIDOS_CAPTURE_DONE)
			continue;
		row->words[sizeof(row->words) - 1] = '\0';
		row->file[sizeof(row->file) - 1] = '\0';
		row->end[sizeof(row->end) - 1] = '\0';
		count++;
	}
	qsort(rows, count, sizeof(*rows), by_number);
	return count;
}

static bool write_request(const struct ctl_capture_settings *settings,
			  struct kidos_request *request)
{
	struct kidos_order order = settings->order;
	bool fits = true;

	if (settings->interface)
		fits = snprintf(order.interface, sizeof(order.interface), "%s",
				settings->interface) < (int)sizeof(order.interface);
	if (settings->expression)
		fits = fits && snprintf(order.expression, sizeof(order.expression), "%s",
					settings->expression) < (int)sizeof(order.expression);
	if (fits && kidos_order_write(&order, request->text, sizeof(request->text)))
		return true;
	ctl_complain("the filter is too long: %d bytes are there for it and the other options",
		     KIDOS_REQUEST_TEXT - 1);
	return false;
}

/* kidosctl's own file: the daemon writes only where it was configured to. */
static int open_file(const char *name)
{
	int fd = !strcmp(name, "-") ? dup(STDOUT_FILENO)
				    : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		ctl_complain("%s: %s", name, strerror(errno));
	return fd;
}

static int started(const struct ctl_state *state, const struct ctl_capture_settings *settings,
		   const struct kidos_answer *answer, int out)
{
	char file[KIDOS_FOLDER_NAME];
	uint64_t number;

	if (sscanf(answer->text, "%" SCNu64 " %63s", &number, file) != 2 || strchr(file, '/')) {
		ctl_complain("an answer of another version");
		return CTL_FAILURE;
	}
	if (settings->file)
		return ctl_follow(state, number, file, out);
	printf("capture %" PRIu64 ": %s\n", number, file);
	return CTL_OK;
}

static int start(const struct ctl_state *state, const struct ctl_capture_settings *settings)
{
	struct kidos_request request = { .verb = KIDOS_REQUEST_CAPTURE_START };
	_cleanup_fd_ int out = -1;
	struct kidos_answer answer;
	int code;

	if (!write_request(settings, &request))
		return CTL_USAGE;
	if (settings->file) {
		out = open_file(settings->file);
		if (out < 0)
			return CTL_FAILURE;
	}
	code = ctl_capture_ask(state, &request, &answer);
	return code ? code : started(state, settings, &answer, out);
}

static int stop(const struct ctl_state *state, const char *word)
{
	struct kidos_request request = { .verb = KIDOS_REQUEST_CAPTURE_STOP };
	struct kidos_answer answer;
	uint64_t number;
	int code;

	if (!kidos_text_number(word, 1, UINT32_MAX, &number)) {
		ctl_complain("%s is no capture's number", word);
		return CTL_USAGE;
	}
	request.argument = (__u32)number;
	code = ctl_capture_ask(state, &request, &answer);
	if (!code)
		printf("%.*s\n", KIDOS_CONTROL_TEXT, answer.text);
	return code;
}

static void add_number(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static uint64_t lost_of(const struct kidos_capture_row *row)
{
	return row->fates[KIDOS_FATE_RING] + row->fates[KIDOS_FATE_CHUNKS] +
	       row->fates[KIDOS_FATE_DISK] + row->unseen;
}

static void add_row(struct ctl_grid *grid, const struct kidos_capture_row *row)
{
	char text[KIDOS_TEXT_TIME];

	add_number(grid, row->number);
	ctl_grid_add(grid, kidos_capture_stage_names[row->stage]);
	kidos_text_local(row->started_ns, text);
	ctl_grid_add(grid, text);
	add_number(grid, row->fates[KIDOS_FATE_WRITTEN]);
	add_number(grid, lost_of(row));
	ctl_grid_add(grid, row->file);
	ctl_grid_add(grid, row->words);
}

static void print_rows(const struct kidos_capture_row *rows, size_t count)
{
	static const struct ctl_grid_column columns[] = {
		{ "NUMBER", true }, { "STATE", false }, { "START", false },    { "PACKETS", true },
		{ "LOST", true },   { "FILE", false },  { "CAPTURES", false },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };

	for (size_t i = 0; i < count; i++)
		add_row(&grid, &rows[i]);
	if (count)
		ctl_grid_print(&grid);
	else
		printf("none since the daemon started\n");
	ctl_grid_free(&grid);
}

static int list(struct ctl_state *state, void *context)
{
	const struct ctl_capture_settings *settings = context;
	_cleanup_free_ struct kidos_capture_row *rows = calloc(KIDOS_CAPTURE_ROWS, sizeof(*rows));
	int maps[KIDOS_CAPTURE_MAPS] = KIDOS_NO_MAPS(KIDOS_CAPTURE_MAPS);
	int code = rows ? ctl_capture_open(state, maps) : CTL_FAILURE;
	size_t count = code ? 0 : ctl_capture_rows(maps, rows);

	if (!code) {
		ctl_watch_head(&settings->output, state);
		if (settings->output.json)
			json_captures_print(state, maps, rows, count);
		else
			print_rows(rows, count);
	}
	kidos_map_set_close(&kidos_capture_map_set, maps);
	return code;
}

static int run_once(const struct ctl_call *call, const char *word, const char *number)
{
	struct ctl_state state;
	int code = ctl_state_open(&state, call->state);

	if (code)
		return code;
	if (strcmp(word, "start"))
		code = stop(&state, number);
	else
		code = start(&state, call->settings);
	ctl_state_close(&state);
	return code;
}

static int run(const struct ctl_call *call)
{
	struct ctl_capture_settings settings = *(const struct ctl_capture_settings *)call->settings;
	const char *word = call->words[0], *number = call->words[1];
	bool stops = !strcmp(word, "stop");

	if (stops != !!number) {
		ctl_complain(stops ? "stop takes the capture's number" : "%s: too many words",
			     number);
		return CTL_USAGE;
	}
	if (!strcmp(word, "list"))
		return ctl_watch(call, &settings.output, list, &settings);
	if (stops || !strcmp(word, "start"))
		return run_once(call, word, number);
	ctl_complain("%s: neither start, list nor stop", word);
	return CTL_USAGE;
}

const struct ctl_command ctl_capture = {
	.name = "capture",
	.help = "packets into a file",
	.options = ctl_capture_options,
	.words = "start|list|stop [NUMBER]",
	.size = sizeof(struct ctl_capture_settings),
	.defaults = &defaults,
	.run = run,
};
