/* SPDX-License-Identifier: MIT */
#include "eventlog/format.h"
#include "core/text.h"

#include <string.h>

#define VALUE 1024 /* bytes of the longest value, escaped */

/* A column's text, safe for a line. Numbers and what kidos made itself need no care. */
static const char *value_of(const struct kidos_log_column *column,
			    const struct kidos_log_entry *entry, char value[VALUE])
{
	char raw[VALUE / 4];
	struct kidos_log_text text = { raw, raw, raw + sizeof(raw) - 1, false };

	column->put(&text, entry);
	*text.at = '\0';
	if (column->text && !entry->escaped)
		kidos_text_utf8(raw, value, VALUE);
	else
		memcpy(value, raw, (size_t)(text.at - raw) + 1);
	return value;
}

/* before: each of these gets that in front of it. */
static void put_escaped(struct kidos_log_text *text, const char *value, const char *which,
			char before)
{
	for (size_t plain; *value; value += plain) {
		plain = strcspn(value, which);
		kidos_log_put(text, value, plain);
		if (!value[plain])
			break;
		if (before)
			kidos_log_put_char(text, before);
		kidos_log_put_char(text, value[plain++]);
	}
}

static void put_object(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	const struct kidos_log_column *column = kidos_log_columns;
	char value[VALUE];
	bool first = true;

	kidos_log_put_char(text, '{');
	for (; column->name; column++) {
		value_of(column, entry, value);
		if (column->extra && !*value)
			continue;
		kidos_log_put_string(text, first ? "\"" : ",\"");
		first = false;
		kidos_log_put_string(text, column->name);
		kidos_log_put_string(text, column->text ? "\":\"" : "\":");
		put_escaped(text, column->text || *value ? value : "null", "\"\\", '\\');
		if (column->text)
			kidos_log_put_char(text, '"');
	}
	kidos_log_put_char(text, '}');
}

static void put_json(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	kidos_log_put_string(text, ",\n");
	put_object(text, entry);
}

static void put_jsonl(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	put_object(text, entry);
	kidos_log_put_char(text, '\n');
}

/* RFC 4180: quotes where there is need of them, and doubled inside. */
static void put_csv(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	char value[VALUE];

	for (const struct kidos_log_column *column = kidos_log_columns; column->name; column++) {
		bool quotes;

		if (column != kidos_log_columns)
			kidos_log_put_char(text, ',');
		quotes = strpbrk(value_of(column, entry, value), ",\"");
		if (quotes)
			kidos_log_put_char(text, '"');
		put_escaped(text, value, "\"", '"');
		if (quotes)
			kidos_log_put_char(text, '"');
	}
	kidos_log_put_char(text, '\n');
}

/* The columns that stand by themselves; the others are NAME=VALUE. */
static void put_console_head(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	kidos_log_put_utc(text, entry->time_ns);
	kidos_log_put_char(text, ' ');
	kidos_log_put_string(text, *entry->action ? entry->action : "-");
	kidos_log_put_char(text, ' ');
	kidos_log_put_string(text, *entry->protocol_name ? entry->protocol_name : "-");
}

static void put_end(struct kidos_log_text *text, const char *address, unsigned int port)
{
	kidos_log_put_string(text, strchr(address, ':') ? "[" : "");
	kidos_log_put_string(text, *address ? address : "-");
	kidos_log_put_string(text, strchr(address, ':') ? "]:" : ":");
	kidos_log_put_number(text, port);
}

static bool is_in_head(const char *name)
{
	static const char *const names[] = { "timestamp", "timestamp_iso", "src_ip",   "dst_ip",
					     "src_port",  "dst_port",      "protocol", "action" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* A value with a blank, a quote or a backslash stands in quotes, a backslash before the latter two.
 */
static void put_console(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	char value[VALUE];

	put_console_head(text, entry);
	kidos_log_put_char(text, ' ');
	put_end(text, entry->src, entry->sport);
	kidos_log_put_string(text, " -> ");
	put_end(text, entry->dst, entry->dport);
	for (const struct kidos_log_column *column = kidos_log_columns; column->name; column++) {
		bool quotes;

		if (is_in_head(column->name) || !*value_of(column, entry, value))
			continue;
		quotes = strpbrk(value, " \"\\");
		kidos_log_put_char(text, ' ');
		kidos_log_put_string(text, column->name);
		kidos_log_put_string(text, quotes ? "=\"" : "=");
		put_escaped(text, value, "\"\\", '\\');
		kidos_log_put_string(text, quotes ? "\"" : "");
	}
	kidos_log_put_char(text, '\n');
}

void kidos_log_format(struct kidos_log_text *text, enum kidos_log_format format,
		      const struct kidos_log_entry *entry)
{
	static void (*const puts[])(struct kidos_log_text *, const struct kidos_log_entry *) = {
		[KIDOS_LOG_CONSOLE] = put_console,
		[KIDOS_LOG_JSON] = put_json,
		[KIDOS_LOG_CSV] = put_csv,
		[KIDOS_LOG_JSONL] = put_jsonl,
	};
	char *before = text->at;

	puts[format](text, entry);
	if (text->cut)
		text->at = before;
}

void kidos_log_header(struct kidos_log_text *text, enum kidos_log_format format)
{
	if (format != KIDOS_LOG_CSV)
		return;
	for (const struct kidos_log_column *column = kidos_log_columns; column->name; column++) {
		kidos_log_put_string(text, column == kidos_log_columns ? "" : ",");
		kidos_log_put_string(text, column->name);
	}
	kidos_log_put_char(text, '\n');
}
