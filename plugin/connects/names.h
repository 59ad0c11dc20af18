/* SPDX-License-Identifier: MIT */
/* names.h: the words for what abi_connect.h numbers, and names of commands made safe. */
#ifndef KIDOS_CONNECTS_NAMES_H
#define KIDOS_CONNECTS_NAMES_H

#include "abi_connect.h"

#include <stdbool.h>

/*
 * How an attempt ended: 0 well, up to KIDOS_CONNECT_ERRNOS - 1 an errno, then
 * the two that have none.
 */
enum {
	KIDOS_CONNECT_RESULT_OK = 0,
	KIDOS_CONNECT_RESULT_ABANDONED = KIDOS_CONNECT_ERRNOS,
	KIDOS_CONNECT_RESULT_LOST,
	KIDOS_CONNECT_RESULTS
};

#define KIDOS_CONNECT_RESULT_NAME 24
/* "ok", "ECONNREFUSED", "abandoned"; "unknown" for KIDOS_CONNECT_ERRNO_UNKNOWN. Returns name. */
const char *kidos_connect_result_name(unsigned int result, char name[KIDOS_CONNECT_RESULT_NAME]);

/*
 * A result by its name, whatever the case; also "refused", "timeout", "reset".
 * -1: it is none.
 */
int kidos_connect_result_parse(const char *text);

/* Of a record, its outcome and errno. */
unsigned int kidos_connect_result_of(const struct kidos_connect_record *record);

extern const char *const kidos_connect_kind_names[]; /* by enum kidos_connect_kind; NULL at 0 */
extern const char *const kidos_connect_protocol_names[KIDOS_CONNECT_PROTOCOLS];

#define KIDOS_CONNECT_COMMAND (4 * KIDOS_COMM + 1)
/* A raw name as a part of a series' name: core/text.h. */
void kidos_connect_series_name(const char comm[KIDOS_COMM], char text[KIDOS_CONNECT_COMMAND]);
/* ... for a terminal and JSON, where anything but printable ASCII is \xNN. */
void kidos_connect_command(const char comm[KIDOS_COMM], char text[KIDOS_CONNECT_COMMAND]);

/* Does the text mean this command: its raw name or either of the above? */
bool kidos_connect_is_command(const char *text, const char comm[KIDOS_COMM]);

#endif
