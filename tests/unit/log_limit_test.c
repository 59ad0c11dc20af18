/* SPDX-License-Identifier: MIT */
/* Lines of the log that repeat: what is written, and that no repetition is lost from the count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/log_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull

static struct kidos_log_limit limit;
static uint64_t now;
static unsigned int lines; /* written */
static unsigned long told; /* lines that these stand for */
static char last[512];

static void sink(int priority, const char *line)
{
	const char *repeated = strstr(line, " (repeated ");

	(void)priority;
	lines++;
	told += repeated ? strtoul(repeated + strlen(" (repeated "), NULL, 10) : 1;
	snprintf(last, sizeof(last), "%s", line);
}

static void say(int priority, const char *line)
{
	kidos_log_limited(&limit, priority, line, now, sink);
}

static int set_up(void **state)
{
	(void)state;
	memset(&limit, 0, sizeof(limit));
	now = 5 * SECOND;
	lines = 0;
	told = 0;
	return 0;
}

static void once_a_minute(void **state)
{
	(void)state;
	for (int i = 0; i < 59; i++, now += SECOND)
		say(LOG_ERR, "no");
	assert_int_equal(lines, 1);
	assert_string_equal(last, "no");
	now += SECOND;
	say(LOG_ERR, "no");
	assert_int_equal(lines, 2);
	assert_string_equal(last, "no (repeated 59 times)");
	say(LOG_ERR, "no");
	assert_int_equal(lines, 2);
	now += 3600 * SECOND;
	kidos_log_limit_flush(&limit, now, sink);
	assert_string_equal(last, "no (repeated 1 times)");
	say(LOG_ERR, "no");
	assert_string_equal(last, "no");
	assert_int_equal(told, 62);
}

/* Lines by turns, as those of two interfaces, are each held back. */
static void by_turns(void **state)
{
	char line[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		for (int k = 0; k < 40; k++) {
			snprintf(line, sizeof(line), "line %d", k);
			say(LOG_WARNING, line);
		}
		now += SECOND / 100;
	}
	assert_int_equal(lines, 40);
	kidos_log_limit_flush(&limit, now, sink);
	assert_int_equal(lines, 40); /* the minute is not over */
	kidos_log_limit_flush(&limit, UINT64_MAX, sink);
	assert_int_equal(told, 40000);
	kidos_log_limit_flush(&limit, UINT64_MAX, sink);
	assert_int_equal(told, 40000);
}

/* More lines than are remembered: the oldest is forgotten, and said before. */
static void crowd(void **state)
{
	char line[32];

	(void)state;
	for (unsigned int k = 0; k < 3 * KIDOS_LOG_LINES; k++, now++) {
		snprintf(line, sizeof(line), "line %u", k);
		for (int i = 0; i < 3; i++)
			say(LOG_ERR, line);
	}
	kidos_log_limit_flush(&limit, UINT64_MAX, sink);
	assert_int_equal(told, 9 * KIDOS_LOG_LINES);
}

/* The same words as an error and as information are two lines; events may repeat a few times. */
static void priorities(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		say(LOG_ERR, "gone");
		say(LOG_INFO, "gone");
	}
	assert_int_equal(lines, KIDOS_LOG_ERRORS + KIDOS_LOG_OTHERS);
}

/* A long line is compared whole, though not all of it is kept. */
static void long_lines(void **state)
{
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	say(LOG_ERR, line);
	say(LOG_ERR, line);
	line[998] = 'y';
	say(LOG_ERR, line);
	assert_int_equal(lines, 2);
	kidos_log_limit_flush(&limit, UINT64_MAX, sink);
	assert_int_equal(told, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "log: an error once a minute, with a count", once_a_minute, set_up, NULL, NULL },
		{ "log: lines by turns are each held back", by_turns, set_up, NULL, NULL },
		{ "log: more lines than are remembered", crowd, set_up, NULL, NULL },
		{ "log: errors and events", priorities, set_up, NULL, NULL },
		{ "log: long lines", long_lines, set_up, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
