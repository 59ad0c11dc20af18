/* SPDX-License-Identifier: MIT */
#include "eventlog/entry.h"
#include "eventlog/rows_parts.h"

#include <ctype.h>
#include <string.h>

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

size_t kidos_rows_commas(const struct kidos_slice *line)
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

	for (; column->name && rows->column_count < KIDOS_ROWS_COLUMNS; column++) {
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
	while (rows->column_count < KIDOS_ROWS_COLUMNS && read_csv(&at, end, &scratch, &name)) {
		rows->columns[rows->column_count++] = kidos_log_field_find(&name, KIDOS_FIELDS);
		if (at++ >= end)
			break;
	}
}

static bool is_edge(const char *at, const char *begin, const char *end)
{
	return at < begin || at >= end || *at == ',' || *at == '"' || *at == '\r';
}

/* A header names the time, in any column; a row begins with a letter only where a name comes first.
 */
bool kidos_rows_is_header(const struct kidos_slice *line)
{
	static const char name[] = "timestamp";
	const char *end = line->at + line->length;
	const char *at = memmem(line->at, line->length, name, sizeof(name) - 1);

	return at && !isdigit((unsigned char)*line->at) && is_edge(at - 1, line->at, end) &&
	       is_edge(at + sizeof(name) - 1, line->at, end);
}

enum kidos_row kidos_rows_csv(struct kidos_rows *rows, const struct kidos_slice *line,
			      struct kidos_log_record *record)
{
	const char *at = line->at, *end = at + line->length;
	char *scratch = rows->scratch;
	struct kidos_slice value;

	if (kidos_rows_is_header(line)) {
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
