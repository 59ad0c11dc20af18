/* SPDX-License-Identifier: MIT */
/* Names of values, which graphs depend on: each stands in the man page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "document.h"
#include "core/names.h"

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
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "names: classes, parse errors and events are documented", test_documents, NULL,
		  NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
