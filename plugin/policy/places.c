/* SPDX-License-Identifier: MIT */
#include "policy/places.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 8 /* deeper than any text that json-c was let parse */
#define KEYS_COMPARED 256 /* of one object; more are no policy's */

/* A key as it is written, with its quotes. */
struct key {
	const char *text;
	size_t length;
};

struct scan {
	struct kidos_places *places;
	const char *at, *end;
	uint32_t line;
	unsigned int depth; /* of the objects and arrays around `at` */
	size_t room; /* of places->lines */
	struct key keys[DEPTH][KEYS_COMPARED]; /* of the objects around */
	size_t key_count[DEPTH];
};

static bool add_line(struct scan *scan, uint32_t line)
{
	struct kidos_places *places = scan->places;
	size_t room = scan->room ? 2 * scan->room : 256;
	uint32_t *lines;

	if (places->count == scan->room) {
		lines = reallocarray(places->lines, room, sizeof(*lines));
		if (!lines)
			return false;
		places->lines = lines;
		scan->room = room;
	}
	places->lines[places->count++] = line;
	return true;
}

/* From quote to quote. json-c takes single ones too, in keys. */
static struct key take_string(struct scan *scan)
{
	struct key key = { .text = scan->at };
	char quote = *scan->at++;

	while (scan->at < scan->end && *scan->at != quote) {
		scan->line += *scan->at == '\n';
		scan->at += *scan->at == '\\' && scan->at + 1 < scan->end ? 2 : 1;
	}
	if (scan->at < scan->end)
		scan->at++;
	key.length = (size_t)(scan->at - key.text);
	return key;
}

static void skip_white(struct scan *scan)
{
	for (; scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at; scan->at++)
		scan->line += *scan->at == '\n';
}

static void take_key(struct scan *scan, const struct key *key, uint32_t line)
{
	unsigned int depth = scan->depth < DEPTH ? scan->depth : DEPTH - 1;
	size_t *count = &scan->key_count[depth];

	scan->places->keys++;
	for (size_t i = 0; i < *count && !scan->places->twice; i++)
		if (scan->keys[depth][i].length == key->length &&
		    !memcmp(scan->keys[depth][i].text, key->text, key->length))
			scan->places->twice = line;
	if (*count < KEYS_COMPARED)
		scan->keys[depth][(*count)++] = *key;
}

/* A value, or a key, which a colon follows. */
static bool take_text(struct scan *scan)
{
	uint32_t line = scan->line;
	struct key key = take_string(scan);

	skip_white(scan);
	if (scan->at == scan->end || *scan->at != ':')
		return add_line(scan, line);
	take_key(scan, &key, line);
	return true;
}

static bool take_word(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at && !strchr(",]} \t\r\n", *scan->at))
		scan->at++;
	return add_line(scan, scan->line);
}

static bool take_next(struct scan *scan)
{
	switch (*scan->at) {
	case '"':
	case '\'':
		return take_text(scan);
	case '{':
	case '[':
		scan->depth++;
		if (scan->depth < DEPTH)
			scan->key_count[scan->depth] = 0;
		scan->at++;
		return add_line(scan, scan->line);
	case '}':
	case ']':
		scan->depth -= scan->depth > 0;
		scan->at++;
		return true;
	case ',':
	case ':':
	case '\0':
		scan->at++;
		return true;
	default:
		return take_word(scan);
	}
}

int kidos_places_scan(struct kidos_places *places, const char *text, size_t length)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	bool good = scan;

	*places = (struct kidos_places){};
	if (!scan)
		return -ENOMEM;
	*scan = (struct scan){ .places = places, .at = text, .end = text + length, .line = 1 };
	for (skip_white(scan); good && scan->at < scan->end; skip_white(scan))
		good = take_next(scan);
	free(scan);
	return good ? 0 : -ENOMEM;
}

uint32_t kidos_places_next(struct kidos_places *places)
{
	return places->next < places->count ? places->lines[places->next++] : 0;
}

void kidos_places_free(struct kidos_places *places)
{
	free(places->lines);
	*places = (struct kidos_places){};
}
