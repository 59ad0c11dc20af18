/* SPDX-License-Identifier: MIT */
/*
 * rows.h: lines of a log become records: JSON lines, a JSON array whose
 * objects may lie over several lines, CSV with or without its header, or the
 * console's. Which it is, each line says by how it begins.
 */
#ifndef KIDOS_EVENTLOG_ROWS_H
#define KIDOS_EVENTLOG_ROWS_H

#include "eventlog/input.h"

enum kidos_row {
	KIDOS_ROW_NONE, /* nothing: an empty line, brackets, a header, a part of an object */
	KIDOS_ROW_RECORD,
	KIDOS_ROW_BAD,
};

struct kidos_rows;

struct kidos_rows *kidos_rows_new(void); /* NULL without memory */
void kidos_rows_free(struct kidos_rows *rows);

/* A line; the record's slices are valid until the next call. */
enum kidos_row kidos_rows_take(struct kidos_rows *rows, const struct kidos_slice *line,
			       struct kidos_log_record *record);

/* At the end of a file: headers and what was begun are forgotten. */
void kidos_rows_end(struct kidos_rows *rows);

/* Lines so far that are no rows, those of objects that never ended included. */
uint64_t kidos_rows_bad(const struct kidos_rows *rows);

#endif
