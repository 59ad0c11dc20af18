/* SPDX-License-Identifier: MIT */
#include "connects/ignored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS (REG_EXTENDED | REG_NOSUB)

struct kidos_connect_ignored {
	const struct kidos_strings *commands;
	regex_t *regexes; /* one for each command; of a plain name unused */
	size_t compiled;
};

/* "/regex/"; anything else is a name. */
static bool is_regex(const char *text)
{
	size_t length = strlen(text);

	return length > 2 && *text == '/' && text[length - 1] == '/';
}

static int compile(const char *text, regex_t *regex)
{
	char *inner = strndup(text + 1, strlen(text) - 2);
	int error = inner ? regcomp(regex, inner, FLAGS) : REG_ESPACE;

	free(inner);
	return error;
}

int kidos_connect_ignored_check(const char *text, char reason[KIDOS_REASON])
{
	regex_t regex;
	size_t used;
	int error;

	if (!is_regex(text))
		return 0;
	error = compile(text, &regex);
	if (!error) {
		regfree(&regex);
		return 0;
	}
	used = (size_t)snprintf(reason, KIDOS_REASON, "bad regular expression: ");
	regerror(error, NULL, reason + used, KIDOS_REASON - used);
	return -1;
}

struct kidos_connect_ignored *kidos_connect_ignored_new(const struct kidos_strings *commands)
{
	struct kidos_connect_ignored *ignored = calloc(1, sizeof(*ignored));

	if (!ignored)
		return NULL;
	ignored->commands = commands;
	ignored->regexes = calloc(commands->count + 1, sizeof(*ignored->regexes));
	for (; ignored->regexes && ignored->compiled < commands->count; ignored->compiled++)
		if (is_regex(commands->items[ignored->compiled]) &&
		    compile(commands->items[ignored->compiled],
			    &ignored->regexes[ignored->compiled]))
			break;
	if (ignored->regexes && ignored->compiled == commands->count)
		return ignored;
	kidos_connect_ignored_free(ignored);
	return NULL;
}

void kidos_connect_ignored_free(struct kidos_connect_ignored *ignored)
{
	if (!ignored)
		return;
	for (size_t i = 0; i < ignored->compiled; i++)
		if (is_regex(ignored->commands->items[i]))
			regfree(&ignored->regexes[i]);
	free(ignored->regexes);
	free(ignored);
}

bool kidos_connect_is_ignored(const struct kidos_connect_ignored *ignored,
			      const char comm[KIDOS_COMM])
{
	char name[KIDOS_COMM + 1] = "";

	memcpy(name, comm, KIDOS_COMM);
	for (size_t i = 0; i < ignored->commands->count; i++)
		if (is_regex(ignored->commands->items[i])
			    ? !regexec(&ignored->regexes[i], name, 0, NULL, 0)
			    : !strcmp(ignored->commands->items[i], name))
			return true;
	return false;
}
