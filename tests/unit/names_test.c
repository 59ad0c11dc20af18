/* SPDX-License-Identifier: MIT */
/* Names of values, which graphs depend on: each stands in the man page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "document.h"
#include "core/names.h"
#include "links/rule.h"
#include "policy/names.h"

static void assert_all(const char *const *names, unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++)
		assert_document_has("plugin/collectd-kidos.5", names[i]);
}

static void test_documents(void **state)
{
	(void)state;
	assert_all(kidos_class_names, 0, KIDOS_CLASSES);
	assert_all(kidos_error_names, KIDOS_PARSE_OK + 1, KIDOS_PARSE_ERRORS);
	assert_all(kidos_event_names, 0, KIDOS_EVENTS);
	assert_all(kidos_outcome_names, 0, KIDOS_OUTCOMES);
}

static void test_clash(void **state)
{
	static const char *const reserved[] = { "drops", NULL };
	static const struct {
		struct kidos_slot slots[2];
		bool clash;
	} rows[] = {
		{ { { .name = "x" }, { .name = "y" } }, false },
		{ { { .name = "x" }, { .name = "y", .report = "x" } }, true },
		{ { { .name = "x", .report = "y" }, { .name = "y", .report = "x" } }, false },
		{ { { .name = "x.flows" }, { .name = "x" } }, true },
		{ { { .name = "x" }, { .name = "x.flows" } }, true },
		{ { { .name = "x.flow" }, { .name = "x" } }, false },
		{ { { .name = "drops" }, { .netns = "host", .name = "drops" } }, true },
		{ { { .name = "x" }, { .netns = "n", .name = "x" } }, false },
		{ { { .name = "y", .report = "n:x" }, { .netns = "n", .name = "x" } }, true },
		{ { { .name = "a/b" }, { .name = "y", .report = "a_b" } }, true },
		{ { { .name = "\xff" }, { .name = "y", .report = "\\xff" } }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(kidos_names_clash(reserved, &rows[i].slots[0], &rows[i].slots[1]),
				 rows[i].clash);
}

static void test_altnames(void **state)
{
	static const struct kidos_link link = { .name = "eth0", .altnames = "enp1s0\0lan" };
	static const struct kidos_link plain = { .name = "eth0" };

	(void)state;
	assert_true(kidos_link_is_called(&link, "eth0"));
	assert_true(kidos_link_is_called(&link, "enp1s0"));
	assert_true(kidos_link_is_called(&link, "lan"));
	assert_false(kidos_link_is_called(&link, "enp1s"));
	assert_false(kidos_link_is_called(&link, ""));
	assert_false(kidos_link_is_called(&plain, "lan"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "names: two interfaces of one name", test_clash, NULL, NULL, NULL },
		{ "names: an interface is called by its altnames too", test_altnames, NULL, NULL,
		  NULL },
		{ "names: classes, parse errors and events are documented", test_documents, NULL,
		  NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
