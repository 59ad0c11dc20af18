/* SPDX-License-Identifier: MIT */
/*
 * The option table against what describes it: kidos.conf shows every option
 * at its default, and nothing else; the man page has every option and default.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"
#include "document.h"

/* As kidos.conf writes it: words and sizes with a unit in quotes, numbers and booleans without. */
static void option_line(const struct kidos_option *option, char *line, size_t size)
{
	bool quoted = option->type == KIDOS_OPTION_STRING || option->type == KIDOS_OPTION_CHOICE ||
		      option->type == KIDOS_OPTION_STRINGS ||
		      (option->type == KIDOS_OPTION_SIZE &&
		       strspn(option->initial, "0123456789") != strlen(option->initial));

	snprintf(line, size, "%s %s%s%s", option->name, quoted ? "\"" : "", option->initial,
		 quoted ? "\"" : "");
}

#define BLOCKS_MAX 18

/* Every block there is: kidos's own two, <Privacy> and the collectors'. NULL at the end. */
static const struct kidos_block *const *all_blocks(void)
{
	static const struct kidos_block *blocks[BLOCKS_MAX + 1] = { &kidos_plugin_block,
								    &kidos_interface_block };

	const struct kidos_block *const *others = kidos_collector_blocks();

	for (size_t i = 0; others[i] && i + 2 < BLOCKS_MAX; i++)
		blocks[i + 2] = others[i];
	return blocks;
}

static size_t option_count(void)
{
	size_t count = 0;

	for (const struct kidos_block *const *block = all_blocks(); *block; block++)
		count += (*block)->count;
	return count;
}

static const struct kidos_option *option_in(const struct kidos_block *block, const char *line)
{
	char wanted[256];

	for (size_t i = 0; i < block->count; i++) {
		option_line(&block->options[i], wanted, sizeof(wanted));
		if (!strcmp(wanted, line))
			return &block->options[i];
	}
	return NULL;
}

static const struct kidos_option *option_find(const char *name, const char *line)
{
	for (const struct kidos_block *const *block = all_blocks(); *block; block++)
		if (!strcmp((*block)->name, name))
			return option_in(*block, line);
	return NULL;
}

/* One line of kidos.conf: a block's begin or end, an option, or neither. */
static bool read_line(char *line, char block[64])
{
	line += strspn(line, "# ");
	if (!strncmp(line, "</", 2)) {
		*block = '\0';
	} else if (*line == '<') {
		sscanf(line, "<%63[A-Za-z0-9]", block);
		if (!strcmp(block, "Plugin"))
			*block = '\0';
	} else if (option_find(block, line)) {
		return true;
	}
	return false;
}

static void test_conf_has_every_option(void **state)
{
	char *text = document_read("collectd.conf.d/kidos.conf"), block[64] = "";
	size_t found = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		found += read_line(line, block);
	free(text);
	assert_int_equal(found, option_count());
}

/* Options are indented there; prose is not, nor does it begin with a capital and hold no stop. */
static void test_conf_has_nothing_else(void **state)
{
	char *text = document_read("collectd.conf.d/kidos.conf"), block[64] = "";
	int unknown = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		bool option = !strncmp(line, "#  ", 3) && line[strspn(line, "# ")] != '<' &&
			      line[strlen(line) - 1] != '.';

		if (!read_line(line, block) && option) {
			print_error("not in the table: %s\n", line);
			unknown++;
		}
	}
	free(text);
	assert_int_equal(unknown, 0);
}

static const char *man_entry(const char *man, const char *macro, const char *name)
{
	char entry[128];

	snprintf(entry, sizeof(entry), "\n%s \"%s ", macro, name);
	return strstr(man, entry);
}

/* ".BI "Name " ..." begins an option, its default is given before the next one. */
static bool man_has(const char *man, const struct kidos_option *option)
{
	const char *at = man_entry(man, ".BI", option->name), *end, *initial;

	if (!at)
		at = man_entry(man, ".BR", option->name);
	if (!at)
		return false;
	end = strstr(at, "\n.TP");
	if (!*option->initial || option->type == KIDOS_OPTION_QUOTAS)
		return strstr(at, "Default:");
	initial = strstr(at, option->initial);
	return initial && (!end || initial < end);
}

static int missing_in(const char *man, const struct kidos_block *block)
{
	int missing = 0;

	for (size_t i = 0; i < block->count; i++)
		if (!man_has(man, &block->options[i])) {
			print_error("not in the man page: %s\n", block->options[i].name);
			missing++;
		}
	return missing;
}

static void test_man_has_every_option(void **state)
{
	char *man = document_read("plugin/collectd-kidos.5");
	int missing = 0;

	(void)state;
	for (const struct kidos_block *const *block = all_blocks(); *block; block++)
		missing += missing_in(man, *block);
	free(man);
	assert_int_equal(missing, 0);
}

/* Names that graphs depend on, and that no interface has. */
static void test_instances_are_documented(void **state)
{
	(void)state;
	for (size_t i = 0; kidos_collectors[i]; i++) {
		const char *const *instance = kidos_collectors[i]->instances;

		assert_document_has("plugin/collectd-kidos.5", kidos_collectors[i]->name);
		assert_document_has("README.md", kidos_collectors[i]->name);
		for (; instance && *instance; instance++) {
			assert_document_has("plugin/collectd-kidos.5", *instance);
			assert_document_has("README.md", *instance);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "options: kidos.conf has every option at its default", test_conf_has_every_option,
		  NULL, NULL, NULL },
		{ "options: kidos.conf has no other option", test_conf_has_nothing_else, NULL, NULL,
		  NULL },
		{ "options: the man page has every option and default", test_man_has_every_option,
		  NULL, NULL, NULL },
		{ "options: the instances of every collector are documented",
		  test_instances_are_documented, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
