/* SPDX-License-Identifier: MIT */
#include "eventlog/rows.h"
#include "eventlog/entry.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64

/* A member of an object. */
struct member {
	unsigned int field; /* KIDOS_FIELDS: none that is read */
	uint8_t length; /* of the text, 0: it is not known */
	char text[47]; /* from the comma before its name to its value */
};

struct kidos_rows {
	struct json_tokener *tokener;
	struct json_object *object; /* that the last record's slices lie in */
	char *object_text; /* of an object over several lines, KIDOS_INPUT_LINE bytes */
	size_t object_length; /* 0: none is begun */
	size_t object_lines;
	uint64_t bad; /* lines */
	unsigned int columns[COLUMNS_MAX]; /* CSV: fields, KIDOS_FIELDS for what is passed over */
	size_t column_count; /* 0: no header was seen */
	char *scratch; /* CSV: values without their quotes, KIDOS_INPUT_LINE bytes */
	struct member members[COLUMNS_MAX]; /* JSON: of the last row, in its order */
};

struct kidos_rows *kidos_rows_new(void)
{
	struct kidos_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->tokener = json_tokener_new();
	rows->object_text = malloc(KIDOS_INPUT_LINE);
	rows->scratch = malloc(KIDOS_INPUT_LINE);
	if (rows->tokener && rows->object_text && rows->scratch)
		return rows;
	kidos_rows_free(rows);
	return NULL;
}

void kidos_rows_free(struct kidos_rows *rows)
{
	if (!rows)
		return;
	json_tokener_free(rows->tokener);
	json_object_put(rows->object);
	free(rows->object_text);
	free(rows->scratch);
	free(rows);
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* --- JSON --- */

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
	struct member *member = &rows->members[i];
	const char *from = at;
	struct kidos_slice name;

	if ((size_t)(end - at) > member->length && !memcmp(at, member->text, member->length) &&
	    member->length)
		return at + member->length;
	at = skip_blanks(at, end);
	if (at == end || *at != '"')
		return NULL;
	at = scan_value(at, end, &name);
	at = at ? skip_blanks(at, end) : end;
	if (at == end || *at != ':')
		return NULL;
	at = skip_blanks(at + 1, end);
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

	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		before = at = scan_name(rows, i, at, end);
		at = at ? scan_value(at, end, &value) : NULL;
		at = at ? skip_blanks(at, end) : end;
		if (at == end)
			return STRANGE;
		if (rows->members[i].field < KIDOS_FIELDS && is_value(&value, before) &&
		    !kidos_log_field_set(record, rows->members[i].field, &value))
			return WRONG;
		if (*at == '}')
			return skip_blanks(at + 1, end) == end ? SCANNED : STRANGE;
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
	    skip_blanks(line->at + json_tokener_get_parse_end(rows->tokener),
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

static void drop_object(struct kidos_rows *rows)
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
		drop_object(rows);
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
static enum kidos_row take_json(struct kidos_rows *rows, const struct kidos_slice *line,
				struct kidos_log_record *record)
{
	struct kidos_slice object = trim_array(line);

	if (!object.length && !rows->object_length)
		return KIDOS_ROW_NONE;
	if (object.length && *object.at == '{' && object.at[object.length - 1] == '}') {
		drop_object(rows);
		return take_object(rows, &object, record);
	}
	return continue_object(rows, line, record);
}

/* --- CSV --- */

/* One value, from *at to behind its comma; false: its quotes do not end. */
static bool read_csv(const char **at, const char *end, char **scratch, struct kidos_slice *value)
{
	const char *from = *at, *comma;

	if (from == end || *from != '"') {
		comma = memchr(from, ',', (size_t)(end - from));
		comma = comma ? comma : end;
		*value = (struct kidos_slice){ from, (size_t)(comma - from) };
		*at = comma;
		return true;
	}
	value->at = *scratch;
	for (from++; from < end; from++) {
		if (*from == '"' && (from + 1 == end || from[1] != '"'))
			break;
		from += *from == '"';
		*(*scratch)++ = *from;
	}
	value->length = (size_t)(*scratch - value->at);
	*at = from + 1;
	return from < end && (*at == end || **at == ',');
}

static size_t count_commas(const struct kidos_slice *line)
{
	size_t count = 0;

	for (size_t i = 0; i < line->length; i++)
		count += line->at[i] == ',';
	return count;
}

/* Without a header the columns are the event log's, or the first of them. */
static void guess_columns(struct kidos_rows *rows)
{
	const struct kidos_log_column *column = kidos_log_columns;

	for (; column->name && rows->column_count < COLUMNS_MAX; column++) {
		const struct kidos_slice name = { column->name, strlen(column->name) };

		rows->columns[rows->column_count++] = kidos_log_field_find(&name, KIDOS_FIELDS);
	}
}

static void take_header(struct kidos_rows *rows, const struct kidos_slice *line)
{
	const char *at = line->at, *end = at + line->length;
	char *scratch = rows->scratch;
	struct kidos_slice name;

	rows->column_count = 0;
	while (rows->column_count < COLUMNS_MAX && read_csv(&at, end, &scratch, &name)) {
		rows->columns[rows->column_count++] = kidos_log_field_find(&name, KIDOS_FIELDS);
		if (at++ >= end)
			break;
	}
}

static bool is_header(const struct kidos_slice *line)
{
	static const char name[] = "timestamp";
	const char *at = line->length && *line->at == '"' ? line->at + 1 : line->at;

	return line->length > sizeof(name) && !memcmp(at, name, sizeof(name) - 1);
}

static enum kidos_row take_csv(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record)
{
	const char *at = line->at, *end = at + line->length;
	char *scratch = rows->scratch;
	struct kidos_slice value;

	if (is_header(line)) {
		take_header(rows, line);
		return KIDOS_ROW_NONE;
	}
	if (!rows->column_count)
		guess_columns(rows);
	for (size_t i = 0; i < rows->column_count; i++) {
		if (!read_csv(&at, end, &scratch, &value) ||
		    (rows->columns[i] < KIDOS_FIELDS &&
		     !kidos_log_field_set(record, rows->columns[i], &value)))
			return KIDOS_ROW_BAD;
		if (at++ >= end)
			break;
	}
	return at > end && kidos_log_record_complete(record) ? KIDOS_ROW_RECORD : KIDOS_ROW_BAD;
}

/* --- console --- */

static struct kidos_slice next_word(const char **at, const char *end)
{
	struct kidos_slice word;

	*at = skip_blanks(*at, end);
	word.at = *at;
	while (*at < end && **at != ' ')
		++*at;
	word.length = (size_t)(*at - word.at);
	return word;
}

/* "10.0.0.1:53" or "[2001:db8::1]:53"; "-:0" is none. */
static bool set_end(struct kidos_log_record *record, const struct kidos_slice *end,
		    unsigned int address, unsigned int port)
{
	const char *colon = memrchr(end->at, ':', end->length);
	struct kidos_slice host = { end->at, colon ? (size_t)(colon - end->at) : 0 }, number;

	if (!colon)
		return false;
	number = (struct kidos_slice){ colon + 1, end->length - host.length - 1 };
	if (host.length > 2 && *host.at == '[' && host.at[host.length - 1] == ']')
		host = (struct kidos_slice){ host.at + 1, host.length - 2 };
	if (host.length == 1 && *host.at == '-')
		return true;
	return kidos_log_field_set(record, address, &host) &&
	       kidos_log_field_set(record, port, &number);
}

/* NAME=VALUE, or NAME="VALUE" with a backslash before what is quoted in it. */
static bool next_pair(struct kidos_rows *rows, const char **at, const char *end, char **scratch,
		      struct kidos_log_record *record)
{
	const char *equals = memchr(*at, '=', (size_t)(end - *at));
	struct kidos_slice name = { *at, equals ? (size_t)(equals - *at) : 0 }, value;

	(void)rows;
	if (!equals)
		return false;
	*at = equals + 1;
	if (*at == end || **at == ' ') {
		value = (struct kidos_slice){ *at, 0 };
	} else if (**at != '"') {
		value = next_word(at, end);
	} else {
		value.at = *scratch;
		for (++*at; *at < end && **at != '"'; ++*at) {
			if (**at == '\\' && *at + 1 < end)
				++*at;
			*(*scratch)++ = **at;
		}
		value.length = (size_t)(*scratch - value.at);
		if ((*at)++ >= end)
			return false;
	}
	return kidos_log_field_set(record, kidos_log_field_find(&name, KIDOS_FIELDS), &value);
}

static enum kidos_row take_console(struct kidos_rows *rows, const struct kidos_slice *line,
				   struct kidos_log_record *record)
{
	const char *at = line->at, *end = at + line->length;
	struct kidos_slice time = next_word(&at, end), action = next_word(&at, end);
	struct kidos_slice protocol = next_word(&at, end), src = next_word(&at, end);
	struct kidos_slice arrow = next_word(&at, end), dst = next_word(&at, end);
	char *scratch = rows->scratch;

	if (arrow.length != 2 || memcmp(arrow.at, "->", 2) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_TIME_ISO, &time) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_ACTION, &action) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_PROTOCOL, &protocol) ||
	    !set_end(record, &src, KIDOS_FIELD_SRC, KIDOS_FIELD_SPORT) ||
	    !set_end(record, &dst, KIDOS_FIELD_DST, KIDOS_FIELD_DPORT))
		return KIDOS_ROW_BAD;
	for (at = skip_blanks(at, end); at < end; at = skip_blanks(at, end))
		if (!next_pair(rows, &at, end, &scratch, record))
			return KIDOS_ROW_BAD;
	return kidos_log_record_complete(record) ? KIDOS_ROW_RECORD : KIDOS_ROW_BAD;
}

/* --- all of them --- */

/* A console's line has blanks, and no value of CSV that comes as early has one. */
static bool is_console(const struct kidos_slice *line)
{
	const char *blank = memchr(line->at, ' ', line->length);

	return blank && memmem(line->at, line->length, " -> ", 4) &&
	       !memchr(line->at, ',', (size_t)(blank - line->at));
}

static enum kidos_row take(struct kidos_rows *rows, const struct kidos_slice *line,
			   struct kidos_log_record *record)
{
	const char *at = skip_blanks(line->at, line->at + line->length);

	if (line->length > KIDOS_INPUT_LINE)
		return KIDOS_ROW_BAD;
	if (at == line->at + line->length)
		return KIDOS_ROW_NONE;
	if (rows->object_length || strchr("{[]},", *at))
		return take_json(rows, line, record);
	if (is_console(line))
		return take_console(rows, line, record);
	return is_header(line) || count_commas(line) ? take_csv(rows, line, record) : KIDOS_ROW_BAD;
}

enum kidos_row kidos_rows_take(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record)
{
	enum kidos_row row;

	*record = (struct kidos_log_record){};
	row = take(rows, line, record);
	rows->bad += row == KIDOS_ROW_BAD;
	return row;
}

void kidos_rows_end(struct kidos_rows *rows)
{
	drop_object(rows);
	rows->column_count = 0;
}

uint64_t kidos_rows_bad(const struct kidos_rows *rows)
{
	return rows->bad;
}
