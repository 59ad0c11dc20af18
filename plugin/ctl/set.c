/* SPDX-License-Identifier: MIT */
/* set.c: values of options into the fields of a command's settings. */
#include "core/flow_filter.h"
#include "core/now.h"
#include "core/prefix.h"
#include "core/text.h"
#include "core/when.h"
#include "ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

#define WATCH_MIN 0.1
#define WATCH_MAX 86400

bool ctl_set_true(void *field, const char *value)
{
	(void)value;
	*(bool *)field = true;
	return true;
}

bool ctl_set_text(void *field, const char *value)
{
	*(const char **)field = value;
	return *value != '\0';
}

bool ctl_set_since(void *field, const char *value)
{
	return kidos_when_parse(value, kidos_now_ns(CLOCK_REALTIME), field);
}

bool ctl_set_watch(void *field, const char *value)
{
	double *seconds = field;
	char *end;

	*seconds = 1;
	if (!value)
		return true;
	*seconds = strtod(value, &end);
	return end != value && !*end && *seconds >= WATCH_MIN && *seconds <= WATCH_MAX;
}

bool ctl_set_limit(void *field, const char *value)
{
	struct ctl_output *output = field;

	output->limited = true;
	return kidos_text_number(value, 0, UINT32_MAX, &output->limit);
}

bool ctl_set_proto(void *field, const char *value)
{
	return kidos_protocol_parse(value, field);
}

bool ctl_set_prefix(void *field, const char *value)
{
	struct kidos_flow_filter *filter = field;

	if (filter->prefix_count == KIDOS_FILTER_ENDS)
		return false;
	return kidos_prefix_parse(value, &filter->prefixes[filter->prefix_count++]);
}

bool ctl_set_end(void *field, const char *value)
{
	struct kidos_filter_end *end = field;

	end->has_prefix = true;
	return kidos_prefix_parse(value, &end->prefix);
}

bool ctl_set_end_port(void *field, const char *value)
{
	struct kidos_filter_end *end = field;
	uint64_t port;

	if (!kidos_text_number(value, 1, UINT16_MAX, &port))
		return false;
	end->port = (int)port;
	return true;
}

bool ctl_set_host(void *field, const char *value)
{
	return !strchr(value, '/') && ctl_set_prefix(field, value);
}

bool ctl_set_port(void *field, const char *value)
{
	struct kidos_flow_filter *filter = field;
	uint64_t port;

	if (filter->port_count == KIDOS_FILTER_ENDS ||
	    !kidos_text_number(value, 1, UINT16_MAX, &port))
		return false;
	filter->ports[filter->port_count++] = (uint16_t)port;
	return true;
}
