/* SPDX-License-Identifier: MIT */
#include "field.h"
#include "topology.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A value as it may be shown on a terminal: JSON escapes it, and a long one is cut. */
static void quote(struct json_object *value, char *buf, size_t size)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t i;

	for (i = 0; text && text[i] && i + 4 < size; i++)
		buf[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i];
	if (text && text[i]) {
		memcpy(buf + i, "...", 3);
		i += 3;
	}
	buf[i] = '\0';
}

int kn_place_fail(struct kn_reader *r, const char *place, struct json_object *value,
		  const char *fmt, ...)
{
	char shown[80] = "", words[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (value)
		quote(value, shown, sizeof(shown));
	return kn_fail(r->err, -EINVAL, "%s: %s%s%s: %s", r->file, place, value ? " " : "", shown,
		       words);
}

static const struct kn_field *find_field(const struct kn_field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static void place_of(char *out, const char *place, const char *key)
{
	snprintf(out, KN_PLACE, "%s%s%s", place, place[0] ? "." : "", key);
}

int kn_read_object(struct kn_reader *r, const char *place, struct json_object *value,
		   const struct kn_field *fields, size_t n, void *out)
{
	const struct kn_field *field;
	char at[KN_PLACE];
	int err;

	if (!json_object_is_type(value, json_type_object))
		return kn_place_fail(r, place[0] ? place : "top level", value, "not an object");
	json_object_object_foreach (value, key, member) {
		field = find_field(fields, n, key);
		if (!field) {
			struct json_object *name = json_object_new_string(key);

			err = kn_place_fail(r, place[0] ? place : "top level", name, "unknown key");
			json_object_put(name);
			return err;
		}
		place_of(at, place, key);
		err = field->read(r, at, member, (char *)out + field->offset, field);
		if (err)
			return err;
	}
	for (size_t i = 0; i < n; i++) {
		if (fields[i].required && !json_object_object_get_ex(value, fields[i].name, NULL)) {
			place_of(at, place, fields[i].name);
			return kn_place_fail(r, at, NULL, "missing");
		}
	}
	return 0;
}

int kn_read_list(struct kn_reader *r, const char *place, struct json_object *value, size_t size,
		 kn_field_reader *read, void **list, size_t *count)
{
	char at[KN_PLACE];
	size_t n;
	int err;

	if (!json_object_is_type(value, json_type_array))
		return kn_place_fail(r, place, value, "not a list");
	n = json_object_array_length(value);
	*list = calloc(n ? n : 1, size);
	if (!*list)
		return kn_place_fail(r, place, NULL, "out of memory");
	*count = n;
	for (size_t i = 0; i < n; i++) {
		snprintf(at, sizeof(at), "%s[%zu]", place, i);
		err = read(r, at, json_object_array_get_idx(value, i), (char *)*list + i * size,
			   NULL);
		if (err)
			return err;
	}
	return 0;
}

int kn_field_bool(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		  const struct kn_field *field)
{
	(void)field;
	if (!json_object_is_type(value, json_type_boolean))
		return kn_place_fail(r, place, value, "not true or false");
	*(bool *)out = json_object_get_boolean(value);
	return 0;
}

int kn_field_u32(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		 const struct kn_field *field)
{
	int64_t number;

	if (!json_object_is_type(value, json_type_int))
		return kn_place_fail(r, place, value, "not a whole number");
	number = json_object_get_int64(value);
	if (number < field->min || number > field->max)
		return kn_place_fail(r, place, value, "not in %ld to %ld", field->min, field->max);
	*(uint32_t *)out = (uint32_t)number;
	return 0;
}

int kn_field_seconds(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	double seconds;

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return kn_place_fail(r, place, value, "not a number of seconds");
	seconds = json_object_get_double(value);
	if (!(seconds >= (double)field->min && seconds <= (double)field->max))
		return kn_place_fail(r, place, value, "not in %ld to %ld seconds", field->min,
				     field->max);
	*(uint32_t *)out = (uint32_t)lround(seconds * 100);
	return 0;
}

/* Checks that value is a string of 1 to size - 1 printable bytes and copies it. */
static int read_text(struct kn_reader *r, const char *place, struct json_object *value, char *out,
		     size_t size)
{
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return kn_place_fail(r, place, value, "not a string");
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (!len)
		return kn_place_fail(r, place, value, "empty");
	if (len >= size)
		return kn_place_fail(r, place, value, "longer than %zu bytes", size - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return kn_place_fail(r, place, value, "contains a control character");
	memcpy(out, text, len + 1);
	return 0;
}

int kn_field_text(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		  const struct kn_field *field)
{
	(void)field;
	return read_text(r, place, value, out, KN_TEXT);
}

/* A name becomes part of a path and of a command's arguments. */
static int read_name(struct kn_reader *r, const char *place, struct json_object *value, char *out,
		     size_t size)
{
	int err = read_text(r, place, value, out, size);

	if (err)
		return err;
	if (strchr(out, '/'))
		return kn_place_fail(r, place, value, "contains a slash");
	if (strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		return kn_place_fail(r, place, value, "not a name");
	if (strchr(out, ' '))
		return kn_place_fail(r, place, value, "contains a space");
	if (out[0] == '-')
		return kn_place_fail(r, place, value, "begins with a dash");
	for (const char *c = out; *c; c++)
		if ((unsigned char)*c > 126)
			return kn_place_fail(r, place, value, "contains a byte that is not ASCII");
	return 0;
}

int kn_field_ifname(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	int err = read_name(r, place, value, out, IFNAMSIZ);

	(void)field;
	if (!err && strpbrk(out, ":%"))
		return kn_place_fail(r, place, value, "contains a colon or a percent sign");
	return err;
}

int kn_field_ns_name(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	(void)field;
	return read_name(r, place, value, out, KN_NS_NAME);
}

int kn_field_mac(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		 const struct kn_field *field)
{
	unsigned int byte[6];
	char text[KN_TEXT], rest;
	uint8_t *mac = out;
	int err = read_text(r, place, value, text, sizeof(text));

	(void)field;
	if (err)
		return err;
	if (strlen(text) != 17 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1],
					 &byte[2], &byte[3], &byte[4], &byte[5], &rest) != 6)
		return kn_place_fail(r, place, value, "not a MAC address");
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)byte[i];
	if (mac[0] & 1)
		return kn_place_fail(r, place, value, "a group address");
	if (memcmp(mac, "\0\0\0\0\0\0", 6) == 0)
		return kn_place_fail(r, place, value, "all zero");
	return 0;
}

static bool parse_address(const char *text, struct kn_prefix *out)
{
	out->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	out->len = out->family == AF_INET6 ? 128 : 32;
	return inet_pton(out->family, text, out->bytes) == 1;
}

int kn_field_address(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	char text[KN_TEXT];
	int err = read_text(r, place, value, text, sizeof(text));

	(void)field;
	if (err)
		return err;
	if (!parse_address(text, out))
		return kn_place_fail(r, place, value, "not an address");
	return 0;
}

int kn_field_prefix(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	struct kn_prefix *prefix = out;
	char text[KN_TEXT], *slash, *end;
	unsigned long len;
	int err = read_text(r, place, value, text, sizeof(text));

	(void)field;
	if (err)
		return err;
	slash = strchr(text, '/');
	if (!slash)
		return kn_place_fail(r, place, value, "no prefix length");
	*slash = '\0';
	if (!parse_address(text, prefix))
		return kn_place_fail(r, place, value, "not an address");
	len = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || len > prefix->len)
		return kn_place_fail(r, place, value, "prefix length not in 0 to %u", prefix->len);
	prefix->len = (uint8_t)len;
	return 0;
}

static int address_text(struct kn_reader *r, const char *place, struct json_object *value,
			void *out, const struct kn_field *field)
{
	struct kn_prefix address;
	int err = kn_field_address(r, place, value, &address, field);

	return err ? err : read_text(r, place, value, out, KN_TEXT);
}

static size_t *count_of(void *out, const struct kn_field *field)
{
	return (size_t *)((char *)out - field->offset + field->count);
}

int kn_field_texts(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		   const struct kn_field *field)
{
	return kn_read_list(r, place, value, KN_TEXT, kn_field_text, out, count_of(out, field));
}

int kn_field_addresses(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		       const struct kn_field *field)
{
	return kn_read_list(r, place, value, KN_TEXT, address_text, out, count_of(out, field));
}

int kn_field_prefixes(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		      const struct kn_field *field)
{
	return kn_read_list(r, place, value, sizeof(struct kn_prefix), kn_field_prefix, out,
			    count_of(out, field));
}

int kn_read_word(struct kn_reader *r, const char *place, struct json_object *value,
		 const struct kn_word *words, size_t n, uint32_t *out)
{
	for (size_t i = 0; i < n && json_object_is_type(value, json_type_string); i++) {
		if (strcmp(words[i].word, json_object_get_string(value)) == 0) {
			*out = words[i].value;
			return 0;
		}
	}
	return kn_place_fail(r, place, value, "not one of %s, %s%s", words[0].word, words[1].word,
			     n > 2 ? ", ..." : "");
}
