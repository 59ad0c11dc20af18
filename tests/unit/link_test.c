/* SPDX-License-Identifier: MIT */
/* Lists of links that were read in several tries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "links/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1a 2b": index and name of each */
static struct kidos_links list(const char *text)
{
	struct kidos_links links = { .items = calloc(8, sizeof(struct kidos_link)) };

	for (; *text; text += text[2] ? 3 : 2) {
		struct kidos_link *link = &links.items[links.count++];

		link->ifindex = (unsigned int)(*text - '0');
		link->name[0] = text[1];
	}
	return links;
}

static int by_index(const void *a, const void *b)
{
	const struct kidos_link *one = a, *other = b;

	return (int)one->ifindex - (int)other->ifindex;
}

static void test_merge(void **state)
{
	static const struct {
		const char *before, *newer, *wanted;
	} rows[] = {
		{ "", "", "" },
		{ "1a 2b", "", "1a 2b" },
		{ "", "1a 2b", "1a 2b" },
		{ "1a 2b", "3c", "1a 2b 3c" },
		{ "1a 2b", "2c", "1a 2c" }, /* renamed */
		{ "1a 2b", "3b", "1a 3b" }, /* made anew */
		{ "1a 2b", "1b", "1b" },
		{ "1a 2b 3c", "3a 1c 2b", "1c 2b 3a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kidos_links links = list(rows[i].before), newer = list(rows[i].newer);
		char got[64] = "";

		assert_int_equal(kidos_links_merge(&links, &newer), 0);
		assert_null(newer.items);
		qsort(links.items, links.count, sizeof(*links.items), by_index);
		for (size_t k = 0; k < links.count; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u%s",
				 k ? " " : "", links.items[k].ifindex, links.items[k].name);
		assert_string_equal(got, rows[i].wanted);
		kidos_links_free(&links);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "link: lists of several tries become one", test_merge, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
