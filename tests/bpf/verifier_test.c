/* SPDX-License-Identifier: MIT */
/*
 * What each program costs to verify, beside what verifier.tsv recorded for
 * this kernel series: 10 % more fails, and so does a program without a row.
 * KIDOS_VERIFIER_PRINT=1 prints the rows of this kernel, to be put there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "abi.h"
#include "verifier_insns.h"

#define GROWTH 10	 /* percent */
#define ENTRIES_MAX 1024 /* of each map: what it holds is of no account here */
#define REFUSED 0	 /* in the table: "-" */

/*
 * default: what is not asked for is cut off by the verifier, since
 * configuration is read-only data; all: everything is looked at.
 */
enum variant { VARIANT_DEFAULT, VARIANT_ALL, VARIANTS };
static const char *const variant_names[VARIANTS] = {"default", "all"};
static const char *const objects[] = {"traffic", "traffic_baseline"};

static char series[16];

static void read_series(void)
{
	struct utsname name;
	unsigned int major, minor;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	snprintf(series, sizeof(series), "%u.%u", major, minor);
}

/* Instructions recorded for this kernel or else for "other"; -1 without a row. */
static int recorded(const char *object, const char *program, const char *variant)
{
	char line[256], row[5][48];
	FILE *file = fopen(KIDOS_SOURCE "/tests/bpf/verifier.tsv", "r");
	int found = -1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		bool ours;

		if (*line == '#' || sscanf(line, "%47s %47s %47s %47s %47s", row[0], row[1], row[2],
					   row[3], row[4]) != 5)
			continue;
		ours = !strcmp(row[3], series);
		if (strcmp(row[0], object) || strcmp(row[1], program) || strcmp(row[2], variant) ||
		    !(ours || (found < 0 && !strcmp(row[3], "other"))))
			continue;
		found = strcmp(row[4], "-") ? atoi(row[4]) : REFUSED;
	}
	fclose(file);
	return found;
}

static void set_variant(struct bpf_object *object, enum variant variant)
{
	struct bpf_map *map;
	struct kidos_traffic_config config;
	const void *initial;
	size_t size;

	bpf_object__for_each_map(map, object) if (bpf_map__max_entries(map) > ENTRIES_MAX &&
						  bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
	    bpf_map__set_max_entries(map, ENTRIES_MAX);
	map = bpf_object__find_map_by_name(object, ".rodata");
	if (variant == VARIANT_DEFAULT || !map)
		return;
	initial = bpf_map__initial_value(map, &size);
	assert_int_equal(size, sizeof(config));
	memcpy(&config, initial, sizeof(config));
	config.inner = 1;
	config.preemptible = 1;
	assert_int_equal(bpf_map__set_initial_value(map, &config, sizeof(config)), 0);
}

static struct bpf_object *open_object(const char *name, enum variant variant)
{
	struct bpf_object *object;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", KIDOS_OBJECTS, name);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		fail_msg("%s: %s", path, strerror(errno));
	set_variant(object, variant);
	return object;
}

static int measure(const char *name, const char *program, enum variant variant)
{
	struct bpf_object *object = open_object(name, variant);
	int count = verifier_insns_of(object, program);

	bpf_object__close(object);
	return count < 0 ? REFUSED : count;
}

static bool is_within(const char *object, const char *program, enum variant variant)
{
	int count = measure(object, program, variant);
	int limit = recorded(object, program, variant_names[variant]);
	bool good = limit >= 0 && !count == !limit && count <= limit + limit / 100 * GROWTH;

	if (!good || getenv("KIDOS_VERIFIER_PRINT"))
		printf("# %s\t%s\t%s\t%s\t%d (recorded: %d)\n", object, program,
		       variant_names[variant], series, count, limit);
	return good;
}

static unsigned int each_program(const char *name, unsigned int *measured)
{
	struct bpf_object *object = open_object(name, VARIANT_DEFAULT);
	struct bpf_program *program;
	unsigned int bad = 0;

	bpf_object__for_each_program(program, object) for (unsigned int v = 0; v < VARIANTS; v++)
	{
		bad += !is_within(name, bpf_program__name(program), v);
		++*measured;
	}
	bpf_object__close(object);
	return bad;
}

static int no_words(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static void test_recorded(void **state)
{
	unsigned int bad = 0, measured = 0;

	(void)state;
	read_series();
	libbpf_set_print(no_words);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		bad += each_program(objects[i], &measured);
	printf("# %u programs measured on %s\n", measured, series);
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    {"verifier: no program costs more than recorded", test_recorded, NULL, NULL, NULL},
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL) != 0;
}
