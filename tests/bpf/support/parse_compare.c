/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "parse_compare.h"
#include "parse_text.h"

#define LONG 1500 /* longer than any frame that is refused for being short */

/* Too short or too long: EINVAL; from kernel to kernel EMSGSIZE or ENOMEM for the long. */
static int is_refusal(int error, __u32 size)
{
	return error == -EINVAL || (size > LONG && (error == -EMSGSIZE || error == -ENOMEM));
}

void parse_refused(struct parse_tally *tally, __u32 length)
{
	tally->refused++;
	if (length < LONG && length > tally->refused_below)
		tally->refused_below = length;
	else if (length >= LONG && (!tally->refused_from || length < tally->refused_from))
		tally->refused_from = length;
}

void parse_assert_same(const struct kidos_packet *host, const struct kidos_packet *kernel)
{
	char host_line[PARSE_TEXT_MAX], kernel_line[PARSE_TEXT_MAX];

	parse_text(host, host_line);
	parse_text(kernel, kernel_line);
	assert_string_equal(kernel_line, host_line);
	assert_memory_equal(kernel, host, sizeof(*host));
}

void parse_compare(struct parse_tally *tally, const struct kidos_frame *frame)
{
	__u32 size = (char *)frame->data_end - (char *)frame->data;
	struct parse_result host, kernel;
	int error = parse_run_frame(tally->run, tally->hook, frame, &kernel);

	if (is_refusal(error, size)) {
		parse_refused(tally, size);
		return;
	}
	assert_int_equal(error, 0);
	parse_both(frame, &host);
	parse_assert_same(&host.outer, &kernel.outer);
	parse_assert_same(&host.inner, &kernel.inner);
	tally->compared++;
}

void parse_report(const struct parse_tally *tally, const char *what)
{
	printf("# %s, %s: %u compared, %u refused by the kernel (up to %u bytes", what,
	       parse_hook_names[tally->hook], tally->compared, tally->refused,
	       tally->refused_below);
	if (tally->refused_from)
		printf(", and from %u", tally->refused_from);
	printf(")\n");
	assert_true(tally->compared > tally->refused);
}

static int setup(void **state)
{
	*state = parse_run_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	parse_run_destroy(*state);
	return 0;
}

/* cmocka 1.1 prints a skipped test as "not ok", so skipping is done here. */
int parse_run_tests(const struct CMUnitTest *tests, size_t count, const char *why_not)
{
	if (!why_not) {
		cmocka_set_message_output(CM_OUTPUT_TAP);
		return _cmocka_run_group_tests("parse in the kernel", tests, count, setup,
					       teardown) != 0;
	}
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++)
		printf("ok %zu - %s # SKIP %s\n", i + 1, tests[i].name, why_not);
	return 0;
}
