/* SPDX-License-Identifier: MIT */
#include "field.h"
#include "topology.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* json-c silently keeps the last of two members with the same key, so the text is searched for
 * them. It was parsed before: it is valid JSON, and not nested deeper than json-c allows.
 */
struct scan {
	struct kn_reader *r;
	const char *at, *end;
};

static int scan_value(struct scan *s, const char *place);

static void skip_any(struct scan *s, const char *bytes)
{
	while (s->at < s->end && *s->at && strchr(bytes, *s->at))
		s->at++;
}

/* The next byte that is no white space; 0 at the end. */
static char next(struct scan *s)
{
	skip_any(s, " \t\r\n");
	return s->at < s->end ? *s->at : '\0';
}

/* json-c takes keys in single quotes too. */
static void skip_string(struct scan *s)
{
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote)
		s->at += *s->at == '\\' && s->at + 1 < s->end ? 2 : 1;
	if (s->at < s->end)
		s->at++;
}

static void skip_scalar(struct scan *s)
{
	while (s->at < s->end && *s->at && !strchr(",]} \t\r\n", *s->at))
		s->at++;
}

/* The key as json-c reads it, with its escapes resolved: whatever its quotes, its inside is that of
 * a string in an array.
 */
static struct json_object *key_text(const char *from, const char *to)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *list, *key;

	if (!tok)
		return NULL;
	json_tokener_parse_ex(tok, "[", 1);
	json_tokener_parse_ex(tok, from, (int)(to - from));
	list = json_tokener_parse_ex(tok, "]", 1);
	key = json_object_get(json_object_array_get_idx(list, 0));
	json_object_put(list);
	json_tokener_free(tok);
	return key;
}

static int not_twice(struct scan *s, const char *place, struct json_object *key,
		     struct json_object *seen)
{
	const char *name = json_object_get_string(key);

	if (json_object_object_get_ex(seen, name, NULL))
		return kn_place_fail(s->r, place[0] ? place : "top level", key, "key used twice");
	return json_object_object_add(seen, name, NULL) == 0
		       ? 0
		       : kn_place_fail(s->r, place, NULL, "out of memory");
}

/* A key may hold anything, a place is shown on a terminal. */
static void place_of(char out[KN_PLACE], const char *place, const char *key)
{
	snprintf(out, KN_PLACE, "%s%s%s", place, place[0] ? "." : "", key);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

static int scan_member(struct scan *s, const char *place, struct json_object *seen)
{
	const char *from = s->at;
	struct json_object *key;
	char at[KN_PLACE];
	int code;

	skip_string(s);
	key = key_text(from, s->at);
	if (!key)
		return kn_place_fail(s->r, place, NULL, "out of memory");
	code = not_twice(s, place, key, seen);
	place_of(at, place, json_object_get_string(key));
	json_object_put(key);
	if (code)
		return code;
	if (next(s) == ':')
		s->at++;
	return scan_value(s, at);
}

static int scan_object(struct scan *s, const char *place)
{
	struct json_object *seen = json_object_new_object();
	int code = seen ? 0 : kn_place_fail(s->r, place, NULL, "out of memory");

	s->at++;
	while (!code && (next(s) == '"' || next(s) == '\'')) {
		code = scan_member(s, place, seen);
		if (next(s) != ',')
			break;
		s->at++;
	}
	if (next(s) == '}')
		s->at++;
	json_object_put(seen);
	return code;
}

static int scan_array(struct scan *s, const char *place)
{
	char at[KN_PLACE];
	int code = 0;

	s->at++;
	for (size_t i = 0; !code && next(s) && next(s) != ']'; i++) {
		snprintf(at, sizeof(at), "%s[%zu]", place, i);
		code = scan_value(s, at);
		if (next(s) != ',')
			break;
		s->at++;
	}
	if (next(s) == ']')
		s->at++;
	return code;
}

static int scan_value(struct scan *s, const char *place)
{
	switch (next(s)) {
	case '{':
		return scan_object(s, place);
	case '[':
		return scan_array(s, place);
	case '"':
	case '\'':
		skip_string(s);
		return 0;
	default:
		skip_scalar(s);
		return 0;
	}
}

int kn_keys_once(struct kn_reader *r, const char *text, size_t len)
{
	return scan_value(&(struct scan){ .r = r, .at = text, .end = text + len }, "");
}
