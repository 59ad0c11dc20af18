/* SPDX-License-Identifier: MIT */
/*
 * flows: what a packet costs in kidos's flow table and in kernel hash maps,
 * and what it costs to read a million flows, in one run on one machine.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "report.h"

#define READ_FLOWS 1000000

struct arguments {
	struct measure_options options;
	const char *only; /* scenario name, or "read" */
	bool json;
};

static int usage(void)
{
	fprintf(stderr,
		"usage: flows [--objects DIR] [--rounds N] [--packets N] [--only SCENARIO]\n"
		"             [--coarse-clock] [--json]\n");
	return 2;
}

static bool parse_number(const char *text, unsigned int *value)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*value = number;
	return *text >= '0' && *text <= '9' && !*end && number && number <= 1u << 30;
}

static bool parse_option(struct arguments *arguments, int option, const char *text)
{
	switch (option) {
	case 'o':
		arguments->options.subject.objects = text;
		return true;
	case 'r':
		return parse_number(text, &arguments->options.rounds);
	case 'p':
		return parse_number(text, &arguments->options.packets);
	case 's':
		arguments->only = text;
		return true;
	case 'c':
		arguments->options.subject.coarse_clock = true;
		return true;
	case 'j':
		arguments->json = true;
		return true;
	default:
		return false;
	}
}

static bool parse_arguments(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{ "objects", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "packets", required_argument, NULL, 'p' },
		{ "only", required_argument, NULL, 's' },
		{ "coarse-clock", no_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!parse_option(arguments, option, optarg))
			return false;
	}
	return optind == argc;
}

static bool wanted(const struct arguments *arguments, const char *name)
{
	return !arguments->only || !strcmp(arguments->only, name);
}

static int run_scenarios(const struct arguments *arguments, struct report *report)
{
	const unsigned int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const struct scenario *scenario;
	struct cost costs[SUBJECTS];
	int failed = 0;

	for (scenario = scenarios; scenario->name; scenario++) {
		if (!wanted(arguments, scenario->name) || scenario->cpus > cpus)
			continue;
		if (measure(scenario, &arguments->options, costs))
			failed = 1;
		report_add_cost(report, scenario, costs);
	}
	return failed;
}

static int run_reads(const struct arguments *arguments, struct report *report)
{
	const struct read_way *way;
	struct read_result result;
	int error, failed = 0;

	for (way = read_ways; way->name; way++) {
		if (!wanted(arguments, "read"))
			continue;
		error = read_measure(way, READ_FLOWS, &arguments->options.subject, &result);
		if (!error) {
			report_add_read(report, way, &result);
			continue;
		}
		fprintf(stderr, "flows: %s: %s\n", way->name, strerror(-error));
		failed = 1;
	}
	return failed;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct arguments arguments = {
		.options = {
			.subject = { .objects = KIDOS_OBJECTS },
			.rounds = 7,
			.packets = 1000000,
		},
	};
	int failed;

	if (!parse_arguments(&arguments, argc, argv))
		return usage();
	report.json = arguments.json;
	report_begin(&report, &arguments.options);
	failed = run_scenarios(&arguments, &report);
	failed |= run_reads(&arguments, &report);
	report_end(&report);
	return failed;
}
