/* SPDX-License-Identifier: MIT */
#include "eventlog/rows.h"
#include "eventlog/rows_parts.h"

#include <stdlib.h>
#include <string.h>

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
	const char *at = kidos_skip_blanks(line->at, line->at + line->length);

	if (line->length > KIDOS_INPUT_LINE)
		return KIDOS_ROW_BAD;
	if (at == line->at + line->length)
		return KIDOS_ROW_NONE;
	if (rows->object_length || strchr("{[]},", *at))
		return kidos_rows_json(rows, line, record);
	if (is_console(line))
		return kidos_rows_console(rows, line, record);
	return kidos_rows_is_header(line) || kidos_rows_commas(line)
		       ? kidos_rows_csv(rows, line, record)
		       : KIDOS_ROW_BAD;
}

/* The byte order mark that some programs begin a file with. */
static struct kidos_slice without_mark(const struct kidos_slice *line)
{
	bool marked = line->length >= 3 && !memcmp(line->at, "\xef\xbb\xbf", 3);

	return marked ? (struct kidos_slice){ line->at + 3, line->length - 3 } : *line;
}

enum kidos_row kidos_rows_take(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record)
{
	enum kidos_row row;
	struct kidos_slice text = without_mark(line);

	*record = (struct kidos_log_record){};
	row = take(rows, &text, record);
	rows->bad += row == KIDOS_ROW_BAD;
	return row;
}

void kidos_rows_end(struct kidos_rows *rows)
{
	kidos_rows_drop_object(rows);
	rows->column_count = 0;
}

uint64_t kidos_rows_bad(const struct kidos_rows *rows)
{
	return rows->bad;
}
