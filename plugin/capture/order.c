/* SPDX-License-Identifier: MIT */
#include "capture/order.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ENDS 2 /* addresses, and ports: more than two are never one packet's */
#define SNAP_MIN 64
#define SNAP_MAX 65528

static bool set_text(void *field, const char *value, size_t room)
{
	return *value && snprintf(field, room, "%s", value) < (int)room;
}

static bool set_interface(struct kidos_order *order, const char *value)
{
	return set_text(order->interface, value, sizeof(order->interface));
}

static bool set_host(struct kidos_order *order, const char *value)
{
	struct kidos_flow_filter *filter = &order->filter;

	return filter->prefix_count < ENDS &&
	       kidos_prefix_parse(value, &filter->prefixes[filter->prefix_count++]);
}

static bool set_port(struct kidos_order *order, const char *value)
{
	struct kidos_flow_filter *filter = &order->filter;
	uint64_t port;

	if (filter->port_count == ENDS || !kidos_text_number(value, 1, UINT16_MAX, &port))
		return false;
	filter->ports[filter->port_count++] = (uint16_t)port;
	return true;
}

static bool set_proto(struct kidos_order *order, const char *value)
{
	return kidos_protocol_parse(value, &order->filter.protocol);
}

static bool set_expression(struct kidos_order *order, const char *value)
{
	return set_text(order->expression, value, sizeof(order->expression));
}

static bool set_packets(struct kidos_order *order, const char *value)
{
	return kidos_text_number(value, 0, UINT64_MAX, &order->packets);
}

static bool set_bytes(struct kidos_order *order, const char *value)
{
	return kidos_text_number(value, 0, UINT64_MAX, &order->bytes);
}

static bool set_seconds(struct kidos_order *order, const char *value)
{
	return kidos_text_number(value, 0, UINT32_MAX, &order->seconds);
}

static bool set_snap(struct kidos_order *order, const char *value)
{
	return kidos_text_number(value, SNAP_MIN, SNAP_MAX, &order->snap);
}

static const struct {
	const char *name;
	bool (*set)(struct kidos_order *order, const char *value);
} lines[] = {
	{ "interface", set_interface }, { "host", set_host },         { "port", set_port },
	{ "proto", set_proto },         { "filter", set_expression }, { "packets", set_packets },
	{ "bytes", set_bytes },         { "seconds", set_seconds },   { "snap", set_snap },
};

static bool set_line(struct kidos_order *order, const char *line)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t length = strlen(lines[i].name);

		if (!strncmp(line, lines[i].name, length) && line[length] == '=')
			return lines[i].set(order, line + length + 1);
	}
	return false;
}

bool kidos_order_parse(const char *text, struct kidos_order *order, char reason[KIDOS_REASON])
{
	char line[KIDOS_ORDER_EXPRESSION + 16], word[64];

	*order = (struct kidos_order)KIDOS_ORDER_ALL;
	while (*text) {
		size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s",
			 (int)(length < sizeof(line) ? length : sizeof(line)), text);
		if (length >= sizeof(line) || !set_line(order, line)) {
			kidos_text_escape(line, word, sizeof(word));
			snprintf(reason, KIDOS_REASON, "capture: %s", word);
			return false;
		}
		text += length + (text[length] == '\n');
	}
	return true;
}

/* Text that grows at its end; full: something was left out. */
struct draft {
	char *text;
	size_t room, used;
	bool full;
};

static void __attribute__((format(printf, 2, 3)))
append(struct draft *draft, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(draft->text + draft->used, draft->room - draft->used, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= draft->room - draft->used) {
		draft->text[draft->used] = '\0';
		draft->full = true;
		return;
	}
	draft->used += (size_t)length;
}

static const char *prefix_text(const struct kidos_prefix *prefix, char text[KIDOS_TEXT_ADDRESS + 4])
{
	char address[KIDOS_TEXT_ADDRESS];

	kidos_address_text(&prefix->address, prefix->ipv4, address);
	if (prefix->bits == (prefix->ipv4 ? 32 : 128))
		snprintf(text, KIDOS_TEXT_ADDRESS + 4, "%s", address);
	else
		snprintf(text, KIDOS_TEXT_ADDRESS + 4, "%s/%u", address, prefix->bits);
	return text;
}

static void append_limit(struct draft *draft, const char *name, uint64_t value)
{
	if (value)
		append(draft, "%s=%" PRIu64 "\n", name, value);
}

bool kidos_order_write(const struct kidos_order *order, char *text, size_t room)
{
	const struct kidos_flow_filter *filter = &order->filter;
	struct draft draft = { .text = text, .room = room };
	char word[KIDOS_TEXT_ADDRESS + 4];

	*text = '\0';
	if (*order->interface)
		append(&draft, "interface=%s\n", order->interface);
	for (size_t i = 0; i < filter->prefix_count; i++)
		append(&draft, "host=%s\n", prefix_text(&filter->prefixes[i], word));
	for (size_t i = 0; i < filter->port_count; i++)
		append(&draft, "port=%u\n", filter->ports[i]);
	if (filter->protocol != KIDOS_FILTER_ANY)
		append(&draft, "proto=%d\n", filter->protocol);
	append_limit(&draft, "packets", order->packets);
	append_limit(&draft, "bytes", order->bytes);
	append_limit(&draft, "seconds", order->seconds);
	append_limit(&draft, "snap", order->snap);
	if (*order->expression)
		append(&draft, "filter=%s\n", order->expression);
	return !draft.full;
}

void kidos_order_words(const struct kidos_order *order, char *text, size_t room)
{
	const struct kidos_flow_filter *filter = &order->filter;
	struct draft draft = { .text = text, .room = room };
	char word[4 * KIDOS_ORDER_EXPRESSION];

	kidos_text_escape(*order->interface ? order->interface : "all interfaces", word,
			  sizeof(word));
	append(&draft, "%s", word);
	for (size_t i = 0; i < filter->prefix_count; i++)
		append(&draft, ", host %s", prefix_text(&filter->prefixes[i], word));
	for (size_t i = 0; i < filter->port_count; i++)
		append(&draft, ", port %u", filter->ports[i]);
	if (filter->protocol != KIDOS_FILTER_ANY)
		append(&draft, ", %s", kidos_protocol_name((unsigned int)filter->protocol, word));
	if (!*order->expression)
		return;
	kidos_text_escape_quotes(order->expression, word, sizeof(word));
	append(&draft, ", filter \"%s\"", word);
}

bool kidos_order_same(const struct kidos_order *order, const struct kidos_order *other)
{
	char text[512], others[512];
	struct kidos_order a = *order, b = *other;

	a.packets = a.bytes = a.seconds = 0;
	b.packets = b.bytes = b.seconds = 0;
	return kidos_order_write(&a, text, sizeof(text)) &&
	       kidos_order_write(&b, others, sizeof(others)) && !strcmp(text, others);
}
