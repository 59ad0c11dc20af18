/* SPDX-License-Identifier: MIT */
/* Requests of kidosctl to the plugin, and the collectors that they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "collector.h"
#include "state/control.h"
#include "document.h"

/* Requests and answers that are half of one and half of another are told by their check. */
static void test_torn(void **state)
{
	struct kidos_request request = {
		.number = 7, .verb = KIDOS_REQUEST_COLLECTOR, .argument = 1, .text = "flows"
	};
	struct kidos_answer answer = { .number = 7, .text = "flows is on" };

	(void)state;
	kidos_request_seal(&request);
	kidos_answer_seal(&answer);
	assert_true(kidos_request_whole(&request));
	assert_true(kidos_answer_whole(&answer));
	request.text[4] = '\0';
	answer.text[10] = 'f';
	assert_false(kidos_request_whole(&request));
	assert_false(kidos_answer_whole(&answer));
	/* Text without an end is none, whatever its check. */
	memset(request.text, 'x', sizeof(request.text));
	kidos_request_seal(&request);
	assert_false(kidos_request_whole(&request));
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; kidos_collectors[i]; i++)
		assert_document_has("plugin/kidosctl.8", kidos_collectors[i]->name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "control: a torn request or answer", test_torn, NULL, NULL, NULL },
		{ "control: collectors are documented", test_documents, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
