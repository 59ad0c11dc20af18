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
#include "abi_policy.h"
#include "verifier_insns.h"

#define GROWTH 10 /* percent */
#define ENTRIES_MAX 1024 /* of each map: what it holds is of no account here */
#define REFUSED 0 /* in the table: "-" */

/* Of a kernel that takes all programs of the first, the second is not used, and not measured. */
static const char *const tables[] = { "traffic", "traffic_baseline" };
/* Of these a kernel may refuse some: that is recorded too. */
static const char *const others[] = { "clock",        "entry",       "copy",    "drop",
				      "drop_probe",   "owner",       "connect", "connect_send",
				      "connect_unix", "connect_walk" };

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
static int recorded(const char *object, const char *program)
{
	char line[256], row[4][48];
	FILE *file = fopen(KIDOS_SOURCE "/tests/bpf/verifier.tsv", "r");
	int found = -1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		bool ours;

		if (*line == '#' ||
		    sscanf(line, "%47s %47s %47s %47s", row[0], row[1], row[2], row[3]) != 4)
			continue;
		ours = !strcmp(row[2], series);
		if (strcmp(row[0], object) || strcmp(row[1], program) ||
		    !(ours || (found < 0 && !strcmp(row[2], "other"))))
			continue;
		found = strcmp(row[3], "-") ? atoi(row[3]) : REFUSED;
	}
	fclose(file);
	return found;
}

/* What configuration leaves out, the verifier does not look at: everything is asked for. */
static void ask_for_everything(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct kidos_traffic_config config;
	const void *initial;
	size_t size;

	assert_non_null(map);
	initial = bpf_map__initial_value(map, &size);
	assert_int_equal(size, sizeof(config));
	memcpy(&config, initial, sizeof(config));
	config.inner = 1;
	config.preemptible = 1;
	config.netns = KIDOS_NETNS_OF_ENTRY;
	config.policy_room = KIDOS_POLICY_ROOM_SMALL;
	assert_int_equal(bpf_map__set_initial_value(map, &config, sizeof(config)), 0);
}

static void shrink_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	/* clang-format off */
	bpf_object__for_each_map(map, object)
		if (bpf_map__max_entries(map) > ENTRIES_MAX &&
		    bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
			bpf_map__set_max_entries(map, ENTRIES_MAX);
	/* clang-format on */
}

/* Of a type that kernels before 5.11 do not know: programs do without it there. */
static void leave_out_storage(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "connect_tasks");

	if (map && libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) != 1)
		bpf_map__set_autocreate(map, false);
}

static struct bpf_object *open_object(const char *name)
{
	struct bpf_object *object;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", KIDOS_OBJECTS, name);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		fail_msg("%s: %s", path, strerror(errno));
	if (!strncmp(name, "traffic", strlen("traffic")))
		ask_for_everything(object);
	shrink_maps(object);
	leave_out_storage(object);
	return object;
}

static int measure(const char *name, const char *program)
{
	struct bpf_object *object = open_object(name);
	int count = verifier_insns(object, program);

	bpf_object__close(object);
	return count < 0 ? REFUSED : count;
}

static bool is_within(const char *object, const char *program, int count)
{
	int limit = recorded(object, program);
	bool good = limit >= 0 && !count == !limit && count <= limit + limit / 100 * GROWTH;

	if (!good || getenv("KIDOS_VERIFIER_PRINT"))
		printf("# %s\t%s\t%s\t%d (recorded: %d)\n", object, program, series, count, limit);
	return good;
}

/* Returns how many programs were refused. */
static unsigned int measure_all(const char *name, unsigned int *bad)
{
	struct bpf_object *object = open_object(name);
	struct bpf_program *program;
	unsigned int refused = 0;

	bpf_object__for_each_program (program, object) {
		int count = measure(name, bpf_program__name(program));

		refused += count == REFUSED;
		*bad += !is_within(name, bpf_program__name(program), count);
	}
	bpf_object__close(object);
	return refused;
}

static int no_words(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static void test_recorded(void **state)
{
	unsigned int bad = 0, refused = 1;

	(void)state;
	read_series();
	libbpf_set_print(no_words);
	for (size_t i = 0; refused && i < sizeof(tables) / sizeof(tables[0]); i++)
		refused = measure_all(tables[i], &bad);
	assert_int_equal(refused, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		measure_all(others[i], &bad);
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "verifier: no program costs more than recorded", test_recorded, NULL, NULL,
		  NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL) != 0;
}
