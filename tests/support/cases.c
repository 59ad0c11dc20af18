/* SPDX-License-Identifier: MIT */
/*
 * In every cmocka program: of its cases it runs those whose name contains
 * KIDOS_TEST_CASE, if that is set (./dev test NAME/CASE).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char pattern[256];

static void __attribute__((constructor)) choose_cases(void)
{
	const char *part = getenv("KIDOS_TEST_CASE");

	if (!part)
		return;
	snprintf(pattern, sizeof(pattern), "*%s*", part);
	cmocka_set_test_filter(pattern);
}
