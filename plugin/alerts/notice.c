/* SPDX-License-Identifier: MIT */
#include "alerts/notice.h"
#include "core/community_id.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct kidos_notice_row kidos_notice_fields[KIDOS_NOTICE_FIELDS] = {
	[KIDOS_NOTICE_ALERT_ID] = { "alert_id", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_ACTIVE] = { "active", KIDOS_NOTICE_BOOLEAN },
	[KIDOS_NOTICE_SRC] = { "src", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_DST] = { "dst", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_SPORT] = { "sport", KIDOS_NOTICE_NUMBER },
	[KIDOS_NOTICE_DPORT] = { "dport", KIDOS_NOTICE_NUMBER },
	[KIDOS_NOTICE_PROTO] = { "proto", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_OBSERVED] = { "observed", KIDOS_NOTICE_REAL },
	[KIDOS_NOTICE_THRESHOLD] = { "threshold", KIDOS_NOTICE_REAL },
	[KIDOS_NOTICE_PID] = { "pid", KIDOS_NOTICE_NUMBER },
	[KIDOS_NOTICE_COMMAND] = { "command", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_CAPTURE] = { "capture", KIDOS_NOTICE_STRING },
	[KIDOS_NOTICE_CAPTURED] = { "captured", KIDOS_NOTICE_NUMBER },
	[KIDOS_NOTICE_COMMUNITY_ID] = { "community_id", KIDOS_NOTICE_STRING },
};

/* Text that grows at its end and is cut only between pieces. */
struct draft {
	char *text;
	size_t room, used;
};

/* Appends the piece if all of it fits. */
static void append(struct draft *draft, const char *piece)
{
	size_t length = strlen(piece);

	if (draft->used + length >= draft->room)
		return;
	memcpy(draft->text + draft->used, piece, length + 1);
	draft->used += length;
}

static bool is_none(const union kidos_address *address)
{
	return !address->halves[0] && !address->halves[1];
}

static void fill_address(const union kidos_address *address, bool ipv4,
			 union kidos_notice_value *value)
{
	char text[KIDOS_TEXT_ADDRESS];

	if (is_none(address))
		return;
	kidos_address_text(address, ipv4, text);
	snprintf(value->text, KIDOS_NOTICE_TEXT, "%s", text);
}

/* An alert about a source or a destination has no five-tuple. */
static bool is_whole(const struct kidos_flow_key *flow)
{
	return !is_none(&flow->src) && !is_none(&flow->dst) &&
	       (flow->sport || flow->dport || !kidos_key_has_ports(flow));
}

static void fill_flow(const struct kidos_flow_key *flow, union kidos_notice_value *values)
{
	char number[8];

	if (!flow->meta)
		return;
	fill_address(&flow->src, kidos_key_is_ipv4(flow), &values[KIDOS_NOTICE_SRC]);
	fill_address(&flow->dst, kidos_key_is_ipv4(flow), &values[KIDOS_NOTICE_DST]);
	values[KIDOS_NOTICE_SPORT].number = flow->sport;
	values[KIDOS_NOTICE_DPORT].number = flow->dport;
	if (kidos_key_protocol(flow))
		snprintf(values[KIDOS_NOTICE_PROTO].text, KIDOS_NOTICE_TEXT, "%s",
			 kidos_protocol_name(kidos_key_protocol(flow), number));
	if (is_whole(flow))
		kidos_community_id(flow, values[KIDOS_NOTICE_COMMUNITY_ID].text);
}

/* The kernel's comm fills its field or ends with NUL. */
static void fill_command(const struct kidos_alert_event *event, union kidos_notice_value *values)
{
	char raw[KIDOS_COMM + 1];

	snprintf(raw, sizeof(raw), "%.*s", KIDOS_COMM, event->command);
	kidos_text_escape_quotes(raw, values[KIDOS_NOTICE_COMMAND].text, KIDOS_NOTICE_TEXT);
	values[KIDOS_NOTICE_PID].number = event->pid;
}

static void fill_values(const struct kidos_alert *alert, bool active,
			const struct kidos_privacy *privacy, union kidos_notice_value *values)
{
	const struct kidos_flow_key shown = kidos_privacy_flow(privacy, &alert->event.flow);

	memset(values, 0, KIDOS_NOTICE_FIELDS * sizeof(*values));
	snprintf(values[KIDOS_NOTICE_ALERT_ID].text, KIDOS_NOTICE_TEXT, "%016" PRIx64,
		 (uint64_t)alert->id);
	values[KIDOS_NOTICE_ACTIVE].boolean = active;
	values[KIDOS_NOTICE_OBSERVED].real = alert->event.observed;
	values[KIDOS_NOTICE_THRESHOLD].real = alert->event.threshold;
	fill_flow(&shown, values);
	fill_command(&alert->event, values);
}

/* For people: a share has its fraction, a large number all of its digits. */
static void put_number(double number, char *text, size_t size)
{
	snprintf(text, size, number >= 1000 ? "%.0f" : "%.4g", number);
}

/* One {name} of a wording; at stands behind the brace. */
static void append_named(struct draft *draft, const char *at, const struct kidos_alert_event *event)
{
	char text[4 * KIDOS_ALERT_SUBJECT] = "";

	switch (*at) {
	case 'o':
		put_number(event->observed, text, sizeof(text));
		break;
	case 't':
		put_number(event->threshold, text, sizeof(text));
		break;
	default:
		kidos_text_escape_quotes(event->subject, text, KIDOS_ALERT_SUBJECT);
	}
	append(draft, text);
}

static void append_wording(struct draft *draft, const struct kidos_alert_event *event)
{
	for (const char *at = kidos_alert_kinds[event->kind].wording; *at; at++) {
		if (*at == '{') {
			append_named(draft, at + 1, event);
			at = strchr(at, '}');
		} else {
			append(draft, (const char[]){ *at, '\0' });
		}
	}
}

/* " name=value" for what the notice knows; observed and threshold are in the wording. */
static void append_value(struct draft *draft, enum kidos_notice_field field,
			 const union kidos_notice_value *value)
{
	const struct kidos_notice_row *row = &kidos_notice_fields[field];
	bool quoted = field == KIDOS_NOTICE_COMMAND;
	char piece[KIDOS_NOTICE_TEXT + 32] = "";

	if (row->type == KIDOS_NOTICE_STRING && *value->text)
		snprintf(piece, sizeof(piece), " %s=%s%s%s", row->name, quoted ? "\"" : "",
			 value->text, quoted ? "\"" : "");
	else if (row->type == KIDOS_NOTICE_NUMBER && value->number)
		snprintf(piece, sizeof(piece), " %s=%" PRIu64, row->name, value->number);
	else if (row->type == KIDOS_NOTICE_BOOLEAN)
		snprintf(piece, sizeof(piece), " %s=%s", row->name,
			 value->boolean ? "true" : "false");
	append(draft, piece);
}

/* The network plugin and logs lose metadata: the message has what there is room for. */
static void write_message(const struct kidos_alert *alert, struct kidos_notice *notice)
{
	struct draft draft = { .text = notice->message, .room = sizeof(notice->message) };
	char piece[KIDOS_ALERT_INSTANCE + 64];
	bool over = notice->severity == KIDOS_SEVERITY_OKAY;

	snprintf(piece, sizeof(piece), "%s on %.80s: ", notice->kind, notice->instance);
	append(&draft, piece);
	if (over) {
		snprintf(piece, sizeof(piece), "over after %.0f s",
			 (double)(alert->ended_ns - alert->started_ns) / 1e9);
		append(&draft, piece);
	} else {
		append_wording(&draft, &alert->event);
	}
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++)
		append_value(&draft, (enum kidos_notice_field)i, &notice->values[i]);
}

static enum kidos_severity severity_of(const struct kidos_alert_event *event)
{
	return event->severity ? event->severity : kidos_alert_kinds[event->kind].severity;
}

void kidos_notice_of(const struct kidos_alert *alert, enum kidos_alert_step step, uint64_t boot_ns,
		     const struct kidos_privacy *privacy, struct kidos_notice *notice)
{
	const struct kidos_alert_row *rule = &kidos_alert_kinds[alert->event.kind];
	bool over = step == KIDOS_ALERT_ENDED;

	notice->severity = over ? KIDOS_SEVERITY_OKAY : severity_of(&alert->event);
	notice->time_ns = (over ? alert->ended_ns : alert->last_ns) + boot_ns;
	notice->kind = rule->name;
	notice->about = rule->about;
	kidos_text_escape_quotes(alert->event.instance, notice->instance, sizeof(notice->instance));
	notice->alert = alert->id;
	notice->capture = NULL;
	notice->flow = alert->event.flow;
	fill_values(alert, !over, privacy, notice->values);
	write_message(alert, notice);
}

void kidos_notice_add_capture(const struct kidos_alert *alert, struct kidos_notice *notice)
{
	const struct kidos_notice_capture *capture = notice->capture;

	if (!capture || !*capture->file)
		return;
	snprintf(notice->values[KIDOS_NOTICE_CAPTURE].text, KIDOS_NOTICE_TEXT, "%s", capture->file);
	notice->values[KIDOS_NOTICE_CAPTURED].number = capture->packets;
	*notice->message = '\0';
	write_message(alert, notice);
}

void kidos_notice_unhide(struct kidos_notice *notice)
{
	fill_flow(&notice->flow, notice->values);
}
