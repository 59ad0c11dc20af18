/* SPDX-License-Identifier: MIT */
#include "alerts/exempt.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE = 1, DESTINATION = 2, BOTH = 3 };

/* Whose address exempts; 0: either. */
static const unsigned int ends[KIDOS_ALERT_KINDS] = {
	[KIDOS_ALERT_NOT_PERMITTED] = SOURCE, [KIDOS_ALERT_PORT_SCAN] = SOURCE,
	[KIDOS_ALERT_HOST_SWEEP] = SOURCE,    [KIDOS_ALERT_SYN_FLOOD] = DESTINATION,
	[KIDOS_ALERT_REPEATED_FLOW] = SOURCE, [KIDOS_ALERT_HIGH_VOLUME_SOURCE] = SOURCE,
};

/* What stands behind "WORD ", or NULL. */
static const char *behind(const char *text, const char *word)
{
	size_t length = strlen(word);

	if (strncasecmp(text, word, length) != 0 || text[length] != ' ')
		return NULL;
	return text + length + strspn(text + length, " ");
}

static const char *parse_kind(const char *text, struct kidos_exempt *exempt)
{
	const char *rest;

	exempt->kind = KIDOS_ALERT_KINDS;
	for (unsigned int kind = 0; kind < KIDOS_ALERT_KINDS; kind++) {
		rest = behind(text, kidos_alert_kinds[kind].name);
		if (!rest)
			continue;
		exempt->kind = (enum kidos_alert_kind)kind;
		return rest;
	}
	return text;
}

static bool parse_ports(const char *text, struct kidos_exempt *exempt)
{
	const char *dash = strchr(text, '-');
	char first[8];

	if (!dash)
		return kidos_text_number(text, 0, 65535, &exempt->least) &&
		       kidos_text_number(text, 0, 65535, &exempt->most);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	return dash - text < (ptrdiff_t)sizeof(first) &&
	       kidos_text_number(first, 0, 65535, &exempt->least) &&
	       kidos_text_number(dash + 1, exempt->least, 65535, &exempt->most);
}

static bool parse_protocol(const char *text, struct kidos_exempt *exempt)
{
	char number[8];
	bool found = kidos_text_number(text, 0, 255, &exempt->least);

	for (unsigned int protocol = 0; !found && protocol < 256; protocol++)
		if (!strcasecmp(text, kidos_protocol_name(protocol, number))) {
			exempt->least = protocol;
			found = true;
		}
	exempt->most = exempt->least;
	return found;
}

bool kidos_exempt_parse(const char *text, struct kidos_exempt *exempt)
{
	const char *rest = parse_kind(text, exempt), *value;

	if ((value = behind(rest, "port"))) {
		exempt->type = KIDOS_EXEMPT_PORT;
		return parse_ports(value, exempt);
	}
	if ((value = behind(rest, "protocol"))) {
		exempt->type = KIDOS_EXEMPT_PROTOCOL;
		return parse_protocol(value, exempt);
	}
	if ((value = behind(rest, "interface"))) {
		exempt->type = KIDOS_EXEMPT_INTERFACE;
		snprintf(exempt->interface, sizeof(exempt->interface), "%s", value);
		return *value && strlen(value) < sizeof(exempt->interface);
	}
	exempt->type = KIDOS_EXEMPT_PREFIX;
	return kidos_prefix_parse(rest, &exempt->prefix);
}

void kidos_exempts_read(struct kidos_exempts *exempts, const struct kidos_strings *texts)
{
	exempts->count = 0;
	for (size_t i = 0; i < texts->count && exempts->count < KIDOS_EXEMPT_MAX; i++)
		if (kidos_exempt_parse(texts->items[i], &exempts->items[exempts->count]))
			exempts->count++;
}

static bool holds_end(const struct kidos_prefix *prefix, const struct kidos_flow_key *flow,
		      unsigned int which)
{
	if (prefix->ipv4 != kidos_key_is_ipv4(flow))
		return false;
	return (which & SOURCE && kidos_prefix_holds(prefix, &flow->src)) ||
	       (which & DESTINATION && kidos_prefix_holds(prefix, &flow->dst));
}

static bool is_within(const struct kidos_exempt *exempt, unsigned int value)
{
	return value >= exempt->least && value <= exempt->most;
}

static bool holds(const struct kidos_exempt *exempt, enum kidos_alert_kind kind,
		  const struct kidos_flow_key *flow)
{
	if (exempt->kind != KIDOS_ALERT_KINDS && exempt->kind != kind)
		return false;
	switch (exempt->type) {
	case KIDOS_EXEMPT_PREFIX:
		return holds_end(&exempt->prefix, flow, ends[kind] ? ends[kind] : BOTH);
	case KIDOS_EXEMPT_PORT:
		return kidos_key_has_ports(flow) && (flow->sport || flow->dport) &&
		       (is_within(exempt, flow->sport) || is_within(exempt, flow->dport));
	case KIDOS_EXEMPT_PROTOCOL:
		return is_within(exempt, kidos_key_protocol(flow));
	default:
		return false;
	}
}

bool kidos_exempts_flow(const struct kidos_exempts *exempts, enum kidos_alert_kind kind,
			const struct kidos_flow_key *flow)
{
	for (size_t i = 0; flow->meta && i < exempts->count; i++)
		if (holds(&exempts->items[i], kind, flow))
			return true;
	return false;
}

bool kidos_exempts_event(const struct kidos_exempts *exempts, const struct kidos_alert_event *event)
{
	for (size_t i = 0; i < exempts->count; i++) {
		const struct kidos_exempt *exempt = &exempts->items[i];

		if (exempt->type == KIDOS_EXEMPT_INTERFACE &&
		    (exempt->kind == KIDOS_ALERT_KINDS || exempt->kind == event->kind) &&
		    !strcmp(exempt->interface, event->instance))
			return true;
	}
	return kidos_exempts_flow(exempts, event->kind, &event->flow);
}
