/* SPDX-License-Identifier: MIT */
#include "eventlog/ctl.h"
#include "core/now.h"
#include "core/text.h"
#include "eventlog/ctl_report.h"
#include "eventlog/rows.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_NS 200000000u /* from one to the next */
#define PROGRESS_LINES 4096u /* after which the time is asked for */

struct settings {
	bool json, csv;
	const char *zone;
	uint64_t since_ns, until_ns;
	uint64_t window; /* seconds */
	uint64_t exact;
};

static const struct settings defaults = { .window = 60, .exact = KIDOS_EXACT };

static bool set_window(void *field, const char *value)
{
	return kidos_text_number(value, 1, 86400, field);
}

static bool set_exact(void *field, const char *value)
{
	return kidos_text_number(value, 100, KIDOS_EXACT, field);
}

/* The C library takes what it does not know for UTC. */
static bool set_zone(void *field, const char *value)
{
	char path[PATH_MAX];

	*(const char **)field = value;
	if (!strcmp(value, "UTC"))
		return true;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", value);
	return *value && *value != '/' && !strstr(value, "..") && !access(path, R_OK);
}

static const struct ctl_option options[] = {
	{ "json", NULL, "print one JSON object; times in UTC", ctl_set_true,
	  offsetof(struct settings, json), false },
	{ "csv", NULL, "print CSV: section, row, column, value; times in UTC", ctl_set_true,
	  offsetof(struct settings, csv), false },
	{ "tz", "ZONE", "zone of hours and days, such as UTC or Europe/Berlin (default: local)",
	  set_zone, offsetof(struct settings, zone), false },
	CTL_OPTION_SINCE(struct settings, since_ns),
	{ "until", "WHEN", "RFC 3339, seconds since 1970, or an age: 90s, 15m, 2h, 3d",
	  ctl_set_since, offsetof(struct settings, until_ns), false },
	{ "window", "SECONDS",
	  "1 to 86400: the time in which ports and rows are a threat "
	  "(default 60)",
	  set_window, offsetof(struct settings, window), false },
	{ "exact", "N",
	  "100 to 1000000: sources, destinations and flows that are counted "
	  "exactly (default 1000000)",
	  set_exact, offsetof(struct settings, exact), false },
	{},
};

static bool check(const void *from)
{
	const struct settings *settings = from;

	if (settings->json && settings->csv)
		ctl_complain("--json and --csv exclude each other");
	return !settings->json || !settings->csv;
}

/* --- progress, on a terminal --- */

struct progress {
	bool shown;
	uint64_t last_ns;
	uint64_t lines;
};

static void show(struct progress *progress, const struct kidos_input *input,
		 const struct kidos_analysis *analysis)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC), read, size;

	if (now - progress->last_ns < PROGRESS_NS)
		return;
	progress->last_ns = now;
	kidos_input_progress(input, &read, &size);
	if (size)
		fprintf(stderr, "\r%3.0f %%, %" PRIu64 " rows ",
			100.0 * (double)read / (double)size, analysis->all.rows);
	else
		fprintf(stderr, "\r%" PRIu64 " MB, %" PRIu64 " rows ", read / 1000000,
			analysis->all.rows);
}

static void clear(const struct progress *progress)
{
	if (progress->shown && progress->last_ns)
		fprintf(stderr, "\r%*s\r", 40, "");
}

/* --- reading --- */

static const char *error_text(int error)
{
	switch (error) {
	case -EBADMSG:
		return "what is packed is broken";
	case -EFBIG:
		return "its zstd window is larger than 8 MiB: pack it without --long or --ultra";
	default:
		return strerror(-error);
	}
}

static int read_lines(struct kidos_input *input, struct kidos_rows *rows,
		      struct kidos_analysis *analysis, struct progress *progress)
{
	struct kidos_log_record record;
	struct kidos_slice line;
	int error;

	while (kidos_input_line(input, &line, &error)) {
		if (kidos_rows_take(rows, &line, &record) == KIDOS_ROW_RECORD)
			kidos_analysis_add(analysis, &record);
		if (progress->shown && !(++progress->lines % PROGRESS_LINES))
			show(progress, input, analysis);
	}
	kidos_rows_end(rows);
	return error;
}

static int read_file(const char *name, struct kidos_rows *rows, struct kidos_analysis *analysis,
		     struct progress *progress)
{
	struct kidos_input *input = kidos_input_open(name);
	int error = input ? read_lines(input, rows, analysis, progress) : -errno;
	char text[512];

	kidos_input_close(input);
	clear(progress);
	if (!error)
		return CTL_OK;
	kidos_text_escape(name, text, sizeof(text));
	ctl_complain("%s: %s", text, error_text(error));
	return CTL_FAILURE;
}

static void print(const struct settings *settings, const struct kidos_report *report)
{
	if (settings->json)
		json_report_print(report);
	else if (settings->csv)
		ctl_report_csv(report);
	else
		ctl_report_text(report);
}

/* Lines, and none of them is a row: it is another file than was meant. */
static bool is_no_log(const struct kidos_rows *rows, const struct kidos_analysis *analysis)
{
	if (!kidos_rows_bad(rows) || analysis->all.rows || analysis->alerts || analysis->outside)
		return false;
	ctl_complain("no line of %" PRIu64 " is a row of a log", kidos_rows_bad(rows));
	return true;
}

/* What could be read is reported, whatever could not. */
static int analyze(char **files, const struct settings *settings, struct kidos_rows *rows,
		   struct kidos_analysis *analysis)
{
	struct progress progress = { .shown = isatty(STDERR_FILENO) };
	struct kidos_report report;
	int status = CTL_OK;

	for (; *files; files++)
		if (read_file(*files, rows, analysis, &progress))
			status = CTL_FAILURE;
	if (is_no_log(rows, analysis))
		status = CTL_FAILURE;
	kidos_report_make(&report, analysis, kidos_rows_bad(rows));
	if (report.failed)
		ctl_complain("out of memory");
	else
		print(settings, &report);
	status = report.failed ? CTL_FAILURE : status;
	kidos_report_free(&report);
	return status;
}

static int run(const struct ctl_call *call)
{
	const struct settings *settings = call->settings;
	const struct kidos_analysis_options of = {
		.since_ns = settings->since_ns,
		.until_ns = settings->until_ns,
		.window_ns = settings->window * 1000000000u,
		.exact = settings->exact,
	};
	struct kidos_rows *rows = kidos_rows_new();
	struct kidos_analysis *analysis;
	int status = CTL_FAILURE;

	if (settings->zone && setenv("TZ", settings->zone, 1))
		return CTL_FAILURE;
	tzset();
	analysis = kidos_analysis_new(&of);
	if (rows && analysis)
		status = analyze(call->words, settings, rows, analysis);
	else
		ctl_complain("out of memory");
	kidos_analysis_free(analysis);
	kidos_rows_free(rows);
	return status;
}

const struct ctl_command ctl_analyze = {
	.name = "analyze",
	.help = "what a log says, and what in it looks like a threat (FILE -: standard input)",
	.options = options,
	.words = "FILE...",
	.size = sizeof(struct settings),
	.defaults = &defaults,
	.check = check,
	.run = run,
};
