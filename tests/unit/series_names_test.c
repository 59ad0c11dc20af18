/* SPDX-License-Identifier: MIT */
/* The file of names: what it remembers, and what it takes from nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/series_names.h"

static char folder[] = "/tmp/kidos-names-XXXXXX", file[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/kidos-names-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/" KIDOS_NAMES_FILE, folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(file, mode), 0);
}

static void test_names_survive(void **state)
{
	struct kidos_names names, read;
	size_t freed;

	(void)state;
	assert_int_equal(kidos_names_init(&names, 3), 0);
	assert_int_equal(kidos_names_load(&names, folder, 100), 0); /* no file yet */
	assert_int_equal(kidos_names_take(&names, "ns:eth0", "flow_a", 100, &freed), 0);
	assert_int_equal(kidos_names_take(&names, "a b\n\\", "flow_b", 200, &freed), 1);
	assert_true(names.changed);
	assert_int_equal(kidos_names_save(&names, folder), 0);
	assert_false(names.changed);
	assert_int_equal(kidos_names_init(&read, 3), 0);
	assert_int_equal(kidos_names_load(&read, folder, 150), 0);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.items[0].seen, 150); /* not from the future */
	assert_int_equal(kidos_names_take(&read, "a b\n\\", "flow_b", 300, &freed), 0);
	assert_int_equal(kidos_names_take(&read, "ns:eth0", "flow_a", 300, &freed), 1);
	assert_int_equal(read.count, 2);
	kidos_names_free(&read);
	assert_int_equal(kidos_names_init(&read, 1), 0);
	assert_int_equal(kidos_names_load(&read, folder, 150), 0);
	assert_int_equal(read.count, 1);
	assert_string_equal(read.items[0].text + strlen("flow_b "), "a b\\x0a\\x5c");
	kidos_names_free(&read);
	kidos_names_free(&names);
}

static void test_file_of_others(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int error;
		size_t count;
	} cases[] = {
		{ "5 flow_a eth0\n", 0640, 0, 1 },
		{ "5 flow_a eth0\n", 0660, -EPERM, 0 },
		{ "5 flow_a eth0\n", 0602, -EPERM, 0 },
		{ "flow_a eth0\n5\n5 flow_a\n5 ../../x eth0\n5 flow_a eth0\033\n-\n\n", 0640, 0,
		  0 },
		{ "5 flow_a eth0\n5 flow_a eth0\n6 flow_b eth0", 0640, 0, 2 },
	};
	struct kidos_names names;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, cases[i].mode);
		assert_int_equal(kidos_names_init(&names, 9), 0);
		assert_int_equal(kidos_names_load(&names, folder, 100), cases[i].error);
		assert_int_equal(names.count, cases[i].count);
		kidos_names_free(&names);
	}
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(kidos_names_init(&names, 9), 0);
	assert_int_equal(kidos_names_load(&names, folder, 100), -EPERM);
	assert_int_equal(kidos_names_save(&names, "/nonexistent"), -ENOENT);
	kidos_names_free(&names);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "series names: they survive a restart", test_names_survive, make_folder,
		  remove_folder, NULL },
		{ "series names: other people's files and lines", test_file_of_others, make_folder,
		  remove_folder, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
