/* SPDX-License-Identifier: MIT */
/* The file of ordinary reasons: what it remembers, and what is refused, by line. */
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

#include "drops/ordinary.h"

static char folder[32], file[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/kidos-learned-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/kidos-reasons", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void write_file(const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(file, 0640), 0);
}

static void test_learned_survives(void **state)
{
	static struct kidos_learned learned, read;
	unsigned int line;

	(void)state;
	kidos_learned_init(&learned, &kidos_drop_ordinary, 1000);
	assert_int_equal(kidos_learned_load(&learned, folder, &line), 0); /* no file yet */
	kidos_learned_add(&learned, "NO_SOCKET");
	kidos_learned_add(&learned, "77");
	kidos_learned_add(&learned, "NO_SOCKET");
	assert_int_equal(learned.count, 2);
	assert_int_equal(kidos_learned_save(&learned, folder), 0);
	assert_false(learned.changed);
	kidos_learned_init(&read, &kidos_drop_ordinary, 5000);
	assert_int_equal(kidos_learned_load(&read, folder, &line), 0);
	assert_int_equal(read.since, 1000);
	assert_true(kidos_learned_has(&read, "NO_SOCKET"));
	assert_true(kidos_learned_has(&read, "77"));
	assert_false(kidos_learned_has(&read, "TCP_CSUM"));
	/* The clock was set back. */
	kidos_learned_init(&read, &kidos_drop_ordinary, 900);
	assert_int_equal(kidos_learned_load(&read, folder, &line), 0);
	assert_int_equal(read.since, 900);
}

static void test_numbers_are_of_one_kernel(void **state)
{
	static struct kidos_learned read;
	unsigned int line;

	(void)state;
	write_file("kidos-reasons 1\nsince 5\nkernel 0.0.1 #1 SMP another one\n77\nNO_SOCKET\n");
	kidos_learned_init(&read, &kidos_drop_ordinary, 5000);
	assert_int_equal(kidos_learned_load(&read, folder, &line), 0);
	assert_false(kidos_learned_has(&read, "77"));
	assert_true(kidos_learned_has(&read, "NO_SOCKET"));
}

static void test_wrong_lines(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} cases[] = {
		{ "", 1 },
		{ "kidos-reasons 2\n", 1 },
		{ "something else\n", 1 },
		{ "kidos-reasons 1\n", 2 },
		{ "kidos-reasons 1\nsince yesterday\n", 2 },
		{ "kidos-reasons 1\nsince 5\n", 3 },
		{ "kidos-reasons 1\nsince 5\nkernel x\nA\nno name\nB\n", 5 },
		{ "kidos-reasons 1\nsince 5\nkernel x\nA\n\nB\n", 5 },
		{ "kidos-reasons 1\nsince 5\nkernel x\nCUT_SHO", 4 },
		{ "kidos-reasons 1\nsince 5\nkernel x\n"
		  "A_NAME_THAT_IS_LONGER_THAN_ANY_NAME_FOR_A_REASON_OF_ANY_KERNEL_EVER_WAS\n",
		  4 },
	};
	static struct kidos_learned read;
	unsigned int line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text);
		kidos_learned_init(&read, &kidos_drop_ordinary, 5000);
		assert_int_equal(kidos_learned_load(&read, folder, &line), -EBADMSG);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(read.count, 0);
		assert_int_equal(read.since, 5000);
	}
}

static void test_foreign_files(void **state)
{
	static struct kidos_learned read;
	unsigned int line;
	FILE *out;

	(void)state;
	kidos_learned_init(&read, &kidos_drop_ordinary, 5000);
	write_file("kidos-reasons 1\nsince 5\nkernel x\nA\n");
	assert_int_equal(chmod(file, 0666), 0);
	assert_int_equal(kidos_learned_load(&read, folder, &line), -EPERM);
	unlink(file);
	assert_int_equal(symlink("/etc/hostname", file), 0);
	assert_int_equal(kidos_learned_load(&read, folder, &line), -EPERM);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(kidos_learned_load(&read, folder, &line), -EPERM);
	unlink(file);
	out = fopen(file, "w");
	assert_non_null(out);
	for (int i = 0; i < 1 << 20; i++)
		fputc('A', out);
	fclose(out);
	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(kidos_learned_load(&read, folder, &line), -EPERM);
	/* It is replaced as a whole. */
	assert_int_equal(kidos_learned_save(&read, folder), 0);
	assert_int_equal(kidos_learned_load(&read, folder, &line), 0);
}

static void test_room(void **state)
{
	static struct kidos_learned learned;
	char name[KIDOS_LEARNED_NAME];

	(void)state;
	kidos_learned_init(&learned, &kidos_drop_ordinary, 1);
	for (int i = 0; i < 2 * KIDOS_LEARNED; i++) {
		snprintf(name, sizeof(name), "REASON_%d", i);
		kidos_learned_add(&learned, name);
	}
	assert_int_equal(learned.count, KIDOS_LEARNED);
	assert_false(kidos_learned_has(&learned, "REASON_1024"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learned_survives, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_numbers_are_of_one_kernel, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_wrong_lines, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_foreign_files, make_folder, remove_folder),
		cmocka_unit_test(test_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("learned", tests, NULL, NULL);
}
