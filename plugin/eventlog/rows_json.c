/* SPDX-License-Identifier: MIT */
#include "eventlog/rows_parts.h"

#include <ctype.h>
#include <string.h>

enum scanned { SCANNED, STRANGE, WRONG };

/* Of numbers and words; what JSON allows is a little less. */
static bool is_of_word(unsigned char one)
{
	static const bool of_word[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
		['-'] = true,         ['+'] = true,         ['.'] = true,
	};

	return of_word[one];
}

/*
 * Marks the bytes of a word that are this one: the lowest mark is right, those
 * above it may not be (Mycroft's test).
 */
static uint64_t has_byte(uint64_t word, unsigned char byte)
{
	uint64_t with = word ^ byte * 0x0101010101010101u;

	return (with - 0x0101010101010101u) & ~with & 0x8080808080808080u;
}

/* The first quote or backslash, or the end. Machines are little-endian, as CMakeLists.txt asks. */
static const char *find_quote(const char *at, const char *end)
{
	uint64_t word, found;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof(word));
		found = has_byte(word, '"') | has_byte(word, '\\');
		if (found)
			return at + __builtin_ctzll(found) / 8;
	}
	while (at < end && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* A string without escapes, or a number or word; what is neither is strange. */
static const char *scan_value(const char *at, const char *end, struct kidos_slice *value)
{
	const char *from = at;

	if (at < end && *at == '"') {
		from = at + 1;
		at = find_quote(from, end);
		*value = (struct kidos_slice){ from, (size_t)(at - from) };
		return at < end && *at == '"' ? at + 1 : NULL;
	}
	while (at < end && is_of_word((unsigned char)*at))
		at++;
	*value = (struct kidos_slice){ from, (size_t)(at - from) };
	return at > from ? at : NULL;
}

/* A word that is no number is the same as no value: null, true, false. */
static bool is_value(const struct kidos_slice *value, const char *before)
{
	return *before == '"' || isdigit((unsigned char)*value->at) || *value->at == '-';
}

/* The name of member i up to its value; most often it is what it was in the row before. */
static const char *scan_name(struct kidos_rows *rows, size_t i, const char *at, const char *end)
{
	struct kidos_rows_member *member = &rows->members[i];
	const char *from = at;
	struct kidos_slice name;

	if ((size_t)(end - at) > member->length && !memcmp(at, member->text, member->length) &&
	    member->length)
		return at + member->length;
	at = kidos_skip_blanks(at, end);
	if (at == end || *at != '"')
		return NULL;
	at = scan_value(at, end, &name);
	at = at ? kidos_skip_blanks(at, end) : end;
	if (at == end || *at != ':')
		return NULL;
	at = kidos_skip_blanks(at + 1, end);
	member->field = kidos_log_field_find(&name, member->field);
	member->length = (size_t)(at - from) <= sizeof(member->text) ? (uint8_t)(at - from) : 0;
	memcpy(member->text, from, member->length);
	return at;
}

/*
 * A flat object without escapes, as the event log writes: several times as
 * fast as a parser that makes objects of it. Whatever else it is, json-c says.
 */
static enum scanned scan_object(struct kidos_rows *rows, const struct kidos_slice *line,
				struct kidos_log_record *record)
{
	const char *at = line->at + 1, *end = line->at + line->length, *before;
	struct kidos_slice value;

	for (size_t i = 0; i < KIDOS_ROWS_COLUMNS; i++) {
		before = at = scan_name(rows, i, at, end);
		at = at ? scan_value(at, end, &value) : NULL;
		at = at ? kidos_skip_blanks(at, end) : end;
		if (at == end)
			return STRANGE;
		if (rows->members[i].field < KIDOS_FIELDS && is_value(&value, before) &&
		    !kidos_log_field_set(record, rows->members[i].field, &value))
			return WRONG;
		if (*at == '}')
			return kidos_skip_blanks(at + 1, end) == end ? SCANNED : STRANGE;
		if (*at++ != ',')
			return STRANGE;
	}
	return STRANGE;
}

static bool set_member(struct kidos_log_record *record, const char *name,
		       struct json_object *member)
{
	const struct kidos_slice key = { name, strlen(name) };
	unsigned int field = kidos_log_field_find(&key, KIDOS_FIELDS);
	struct kidos_slice value;

	switch (json_object_get_type(member)) {
	case json_type_string:
	case json_type_int:
	case json_type_double:
		value.at = json_object_get_string(member);
		value.length = strlen(value.at);
		return kidos_log_field_set(record, field, &value);
	default:
		return true;
	}
}

/* Values of strings that had escapes live as long as the object. */
static bool parse_object(struct kidos_rows *rows, const struct kidos_slice *line,
			 struct kidos_log_record *record)
{
	json_tokener_reset(rows->tokener);
	json_object_put(rows->object);
	rows->object = json_tokener_parse_ex(rows->tokener, line->at, (int)line->length);
	if (json_tokener_get_error(rows->tokener) != json_tokener_success ||
	    !json_object_is_type(rows->object, json_type_object) ||
	    kidos_skip_blanks(line->at + json_tokener_get_parse_end(rows->tokener),
			      line->at + line->length) != line->at + line->length)
		return false;
	json_object_object_foreach (rows->object, name, member) {
		if (!set_member(record, name, member))
			return false;
	}
	return true;
}

static enum kidos_row take_object(struct kidos_rows *rows, const struct kidos_slice *object,
				  struct kidos_log_record *record)
{
	enum scanned scanned = scan_object(rows, object, record);

	if (scanned == STRANGE) {
		*record = (struct kidos_log_record){};
		scanned = parse_object(rows, object, record) ? SCANNED : WRONG;
	}
	return scanned == SCANNED && kidos_log_record_complete(record) ? KIDOS_ROW_RECORD
								       : KIDOS_ROW_BAD;
}

/* Objects and arrays that are open at the end of the text, apart from what strings hold. */
static int depth_of(const struct kidos_slice *text)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < text->length; i++) {
		char one = text->at[i];

		if (quoted && one == '\\')
			i++;
		else if (one == '"')
			quoted = !quoted;
		else if (!quoted)
			depth += (one == '{' || one == '[') - (one == '}' || one == ']');
	}
	return depth;
}

/* An array's brackets and commas around an object are none of it. */
static struct kidos_slice trim_array(const struct kidos_slice *line)
{
	const char *at = line->at, *end = at + line->length;

	while (at < end && strchr(" \t\r[,", *at) && *at)
		at++;
	while (end > at && strchr(" \t\r,]", end[-1]) && end[-1])
		end--;
	return (struct kidos_slice){ at, (size_t)(end - at) };
}

void kidos_rows_drop_object(struct kidos_rows *rows)
{
	rows->bad += rows->object_lines;
	rows->object_length = rows->object_lines = 0;
}

/* The next line of an object that was begun. */
static enum kidos_row continue_object(struct kidos_rows *rows, const struct kidos_slice *line,
				      struct kidos_log_record *record)
{
	struct kidos_slice object = { rows->object_text, 0 };

	if (rows->object_length + line->length + 1 > KIDOS_INPUT_LINE) {
		kidos_rows_drop_object(rows);
		return KIDOS_ROW_BAD;
	}
	rows->object_lines++;
	memcpy(rows->object_text + rows->object_length, line->at, line->length);
	rows->object_length += line->length;
	rows->object_text[rows->object_length++] = ' ';
	object.length = rows->object_length;
	object = trim_array(&object);
	if (depth_of(&object) > 0)
		return KIDOS_ROW_NONE;
	rows->object_length = rows->object_lines = 0;
	return take_object(rows, &object, record);
}

/* A line that begins a whole object by itself ends one that was broken before it. */
enum kidos_row kidos_rows_json(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record)
{
	struct kidos_slice object = trim_array(line);

	if (!object.length && !rows->object_length)
		return KIDOS_ROW_NONE;
	if (object.length && *object.at == '{' && object.at[object.length - 1] == '}') {
		kidos_rows_drop_object(rows);
		return take_object(rows, &object, record);
	}
	return continue_object(rows, line, record);
}
