/* SPDX-License-Identifier: MIT */
/* Names from outside as parts of values' names: UTF-8 whatever came, and different if they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"

static const struct {
	const char *raw, *name;
} cases[] = {
	{ "eth0", "eth0" },
	{ "a \"b'", "a \"b'" },
	{ "bl\xc3\xa4u\xe2\x82\xac\xf0\x9f\x90\x9d", "bl\xc3\xa4u\xe2\x82\xac\xf0\x9f\x90\x9d" },
	{ "a\xff", "a\\xff" },
	{ "a\\xff", "a\\x5cxff" },
	{ "a\n\x1b\x7f", "a\\x0a\\x1b\\x7f" },
	{ "\xc3", "\\xc3" },
	{ "\xc3x", "\\xc3x" },
	{ "\xe2\x82", "\\xe2\\x82" },
	{ "\xf0\x9f\x90", "\\xf0\\x9f\\x90" },
	{ "\x80", "\\x80" },
	{ "\xc2\x9b", "\\xc2\\x9b" }, /* a control character */
	{ "\xc0\xaf", "\\xc0\\xaf" }, /* longer than need be, as the next two are */
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* a surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* beyond the last one */
	{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void test_utf8(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		kidos_text_utf8(cases[i].raw, text, sizeof(text));
		assert_string_equal(text, cases[i].name);
	}
}

static void test_distinct(void **state)
{
	char one[128], other[128];

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		kidos_text_utf8(cases[i].raw, one, sizeof(one));
		for (size_t j = 0; j < i; j++) {
			kidos_text_utf8(cases[j].raw, other, sizeof(other));
			assert_string_not_equal(one, other);
		}
	}
}

/* Never inside a character or a code. */
static void test_cut(void **state)
{
	static const char raw[] = "ab\xe2\x82\xac\xff";
	static const char *const wanted[] = { "",
					      "a",
					      "ab",
					      "ab",
					      "ab",
					      "ab\xe2\x82\xac",
					      "ab\xe2\x82\xac",
					      "ab\xe2\x82\xac",
					      "ab\xe2\x82\xac",
					      "ab\xe2\x82\xac\\xff" };
	char text[16];

	(void)state;
	for (size_t room = 1; room <= sizeof(wanted) / sizeof(wanted[0]); room++) {
		memset(text, 'x', sizeof(text));
		kidos_text_utf8(raw, text, room);
		assert_string_equal(text, wanted[room - 1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "text: names of values are UTF-8", test_utf8, NULL, NULL, NULL },
		{ "text: different names stay different", test_distinct, NULL, NULL, NULL },
		{ "text: names are cut between characters", test_cut, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
