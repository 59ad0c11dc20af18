/* SPDX-License-Identifier: MIT */
#include "flows/series_names.h"
#include "core/text.h"
#include "flows/series_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM (KIDOS_SERIES_NAME + 4 * 160) /* an instance may be escaped as a whole */

int kidos_names_init(struct kidos_names *names, size_t most)
{
	*names = (struct kidos_names){ .items = calloc(most, sizeof(*names->items)), .most = most };
	return names->items ? 0 : -ENOMEM;
}

void kidos_names_free(struct kidos_names *names)
{
	while (names->count)
		free(names->items[--names->count].text);
	free(names->items);
	names->items = NULL;
}

static size_t find(const struct kidos_names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i].text, text))
			return i;
	return KIDOS_NAME_NONE;
}

static size_t oldest(const struct kidos_names *names)
{
	size_t least = 0;

	for (size_t i = 1; i < names->count; i++)
		if (names->items[i].seen < names->items[least].seen)
			least = i;
	return least;
}

static size_t place_for_new(struct kidos_names *names, uint64_t now, size_t *freed)
{
	size_t index;

	if (names->count < names->most)
		return names->count++;
	index = oldest(names);
	if (names->items[index].seen + KIDOS_NAME_AGE > now)
		return KIDOS_NAME_NONE;
	free(names->items[index].text);
	*freed = index;
	return index;
}

static size_t take(struct kidos_names *names, const char *text, uint64_t now, size_t *freed)
{
	size_t index = find(names, text);
	char *copy;

	*freed = KIDOS_NAME_NONE;
	if (index != KIDOS_NAME_NONE) {
		kidos_names_seen(names, index, now);
		return index;
	}
	copy = strdup(text);
	index = copy ? place_for_new(names, now, freed) : KIDOS_NAME_NONE;
	if (index == KIDOS_NAME_NONE) {
		free(copy);
		return index;
	}
	names->items[index] = (struct kidos_name){ .text = copy, .seen = now };
	names->changed = true;
	return index;
}

size_t kidos_names_take(struct kidos_names *names, const char *instance, const char *name,
			uint64_t now, size_t *freed)
{
	char text[TEXT_ROOM];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s ", name);

	kidos_text_escape(instance, text + used, sizeof(text) - used);
	return take(names, text, now, freed);
}

void kidos_names_seen(struct kidos_names *names, size_t index, uint64_t now)
{
	names->items[index].seen = now;
}

static bool is_printable(const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return !*text;
}

void kidos_names_add_line(struct kidos_names *names, char *line, uint64_t now)
{
	char *text;
	uint64_t seen = strtoull(line, &text, 10);
	size_t freed;

	if (text == line || *text++ != ' ' || names->count == names->most)
		return;
	if (strncmp(text, "flow_", 5) || !strchr(text, ' '))
		return;
	if (!is_printable(text) || strlen(text) >= TEXT_ROOM)
		return;
	/* A clock that was set back makes no name young for ever. */
	take(names, text, seen < now ? seen : now, &freed);
	names->changed = false;
}
