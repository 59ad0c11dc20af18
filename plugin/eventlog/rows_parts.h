/* SPDX-License-Identifier: MIT */
/* rows_parts.h: what the readers of the formats share, each in a file of its own. */
#ifndef KIDOS_EVENTLOG_ROWS_PARTS_H
#define KIDOS_EVENTLOG_ROWS_PARTS_H

#include "eventlog/rows.h"

#include <json-c/json.h>

#define KIDOS_ROWS_COLUMNS 64

/* A member of an object. */
struct kidos_rows_member {
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
	unsigned int
		columns[KIDOS_ROWS_COLUMNS]; /* CSV: fields, KIDOS_FIELDS for what is passed over */
	size_t column_count; /* 0: no header was seen */
	char *scratch; /* CSV: values without their quotes, KIDOS_INPUT_LINE bytes */
	struct kidos_rows_member
		members[KIDOS_ROWS_COLUMNS]; /* JSON: of the last row, in its order */
};

static inline const char *kidos_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* As kidos_rows_take, of a line in that format. */
enum kidos_row kidos_rows_json(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record);
enum kidos_row kidos_rows_csv(struct kidos_rows *rows, const struct kidos_slice *line,
			      struct kidos_log_record *record);
enum kidos_row kidos_rows_console(struct kidos_rows *rows, const struct kidos_slice *line,
				  struct kidos_log_record *record);

/* An object that was begun and has no end: its lines are bad. */
void kidos_rows_drop_object(struct kidos_rows *rows);

bool kidos_rows_is_header(const struct kidos_slice *line); /* of CSV */
size_t kidos_rows_commas(const struct kidos_slice *line);

#endif
