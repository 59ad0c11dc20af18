/* SPDX-License-Identifier: MIT */
/* How much memory kidos takes, by its configuration and by what there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/memory.h"

#define M (1ull << 20)

static void test_limit(void **state)
{
	static const struct {
		uint64_t option, memory, least, wanted;
	} rows[] = {
		{ 0, 1024 * 1024 * M, 10 * M, 128 * M }, { 0, 5000 * M, 10 * M, 100 * M },
		{ 0, 64 * M, 10 * M, 10 * M }, /* what is needed, as it is little */
		{ 0, 32 * M, 10 * M, 32 * M / 50 }, /* which is refused later */
		{ 100 * M, 5000 * M, 10 * M, 100 * M },  { 300 * M, 64 * M, 10 * M, 32 * M },
		{ 300 * M, 601 * M, 10 * M, 300 * M },   { 5 * M, 5000 * M, 10 * M, 5 * M },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kidos_config config = { .memory_limit = rows[i].option };

		assert_int_equal(kidos_memory_limit(&config, rows[i].memory, rows[i].least),
				 rows[i].wanted);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "memory: the limit, by option and by what there is", test_limit, NULL, NULL,
		  NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
