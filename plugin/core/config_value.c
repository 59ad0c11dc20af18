/* SPDX-License-Identifier: MIT */
#include "core/config_value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int kidos_fail(char reason[KIDOS_REASON], const char *what)
{
	snprintf(reason, KIDOS_REASON, "%s", what);
	return -1;
}

static int set_boolean(bool *to, const struct kidos_value *value, char reason[KIDOS_REASON])
{
	static const char *const words[][2] = { { "false", "true" },
						{ "no", "yes" },
						{ "off", "on" } };

	if (value->type == KIDOS_VALUE_BOOLEAN) {
		*to = value->boolean;
		return 0;
	}
	for (size_t i = 0; value->type == KIDOS_VALUE_STRING && i < 3; i++)
		for (int b = 0; b < 2; b++)
			if (!strcasecmp(value->string, words[i][b])) {
				*to = b;
				return 0;
			}
	return kidos_fail(reason, "not a boolean (true or false)");
}

/* Digits with an optional K, M, G or T of 1024, where size allows it. */
static int number_of_text(const char *text, bool size, double *number)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;

	*number = strtod(text, &end);
	if (end == text || !isfinite(*number))
		return -1;
	unit = size && *end ? strchr(units, *end) : NULL;
	if (unit) {
		*number *= (double)(1ull << 10 * (unit - units + 1));
		end++;
	}
	return *end ? -1 : 0;
}

static int set_number(const struct kidos_option *option, uint64_t *to,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	bool size = option->type == KIDOS_OPTION_SIZE;
	double number = value->number;

	if (value->type == KIDOS_VALUE_BOOLEAN ||
	    (value->type == KIDOS_VALUE_STRING && number_of_text(value->string, size, &number)))
		return kidos_fail(reason, size ? "not a size (a number, with K, M, G or T)"
					       : "not a number");
	if (!(number >= (double)option->min && number <= (double)option->max) ||
	    number != floor(number)) {
		snprintf(reason, KIDOS_REASON, "not a whole number from %llu to %llu",
			 (unsigned long long)option->min, (unsigned long long)option->max);
		return -1;
	}
	*to = (uint64_t)number;
	return 0;
}

static int set_string(const struct kidos_option *option, char *to, const struct kidos_value *value,
		      char reason[KIDOS_REASON])
{
	if (value->type != KIDOS_VALUE_STRING)
		return kidos_fail(reason, "not a string");
	if (!*value->string && *option->initial)
		return kidos_fail(reason, "is empty");
	if (strlen(value->string) >= option->max) {
		snprintf(reason, KIDOS_REASON, "longer than %llu characters",
			 (unsigned long long)option->max - 1);
		return -1;
	}
	memcpy(to, value->string, strlen(value->string) + 1);
	return 0;
}

static int set_choice(const struct kidos_option *option, unsigned int *to,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	size_t used;

	for (unsigned int i = 0; value->type == KIDOS_VALUE_STRING && option->choices[i]; i++)
		if (!strcasecmp(value->string, option->choices[i])) {
			*to = i;
			return 0;
		}
	used = (size_t)snprintf(reason, KIDOS_REASON, "not one of");
	for (unsigned int i = 0; option->choices[i]; i++)
		used += (size_t)snprintf(reason + used, KIDOS_REASON - used, " %s",
					 option->choices[i]);
	return -1;
}

static int add_string(const struct kidos_option *option, struct kidos_strings *to,
		      const struct kidos_value *value, char reason[KIDOS_REASON])
{
	char **items;

	if (value->type != KIDOS_VALUE_STRING)
		return kidos_fail(reason, "not a string");
	if (!*value->string)
		return 0;
	if (to->count == option->max) {
		snprintf(reason, KIDOS_REASON, "one more than the %llu there may be",
			 (unsigned long long)option->max);
		return -1;
	}
	items = reallocarray(to->items, to->count + 1, sizeof(*items));
	if (items)
		to->items = items;
	if (!items || !(items[to->count] = strdup(value->string)))
		return kidos_fail(reason, strerror(ENOMEM));
	to->count++;
	return 0;
}

static int set_lengths(struct kidos_prefix_lengths *to, const struct kidos_value values[2],
		       char reason[KIDOS_REASON])
{
	const struct kidos_option v4 = { .type = KIDOS_OPTION_NUMBER, .max = 32 };
	const struct kidos_option v6 = { .type = KIDOS_OPTION_NUMBER, .max = 128 };
	struct kidos_prefix_lengths lengths;

	if (set_number(&v4, &lengths.v4, &values[0], reason) ||
	    set_number(&v6, &lengths.v6, &values[1], reason))
		return kidos_fail(reason, "not two numbers up to 32 (IPv4) and 128 (IPv6)");
	*to = lengths;
	return 0;
}

static int add_quota(const struct kidos_option *option, struct kidos_quotas *to,
		     const struct kidos_value values[3], char reason[KIDOS_REASON])
{
	struct kidos_quota quota = {}, *items;
	const struct kidos_option name = { .initial = "eth0", .max = sizeof(quota.interface) };
	const struct kidos_option bytes = { .type = KIDOS_OPTION_SIZE,
					    .min = 1,
					    .max = 1ull << 60 };
	const struct kidos_option day = { .type = KIDOS_OPTION_NUMBER, .min = 1, .max = 28 };

	if (set_string(&name, quota.interface, &values[0], reason) ||
	    set_number(&bytes, &quota.bytes, &values[1], reason))
		return -1;
	if (set_number(&day, &quota.day, &values[2], reason))
		return kidos_fail(reason, "the day is not a number from 1 to 28");
	for (size_t i = 0; i < to->count; i++)
		if (!strcmp(to->items[i].interface, quota.interface))
			return kidos_fail(reason, "this interface has a quota already");
	if (to->count == option->max)
		return kidos_fail(reason, "one more than there may be");
	items = reallocarray(to->items, to->count + 1, sizeof(*items));
	if (!items)
		return kidos_fail(reason, strerror(ENOMEM));
	items[to->count++] = quota;
	to->items = items;
	return 0;
}

int kidos_option_set(const struct kidos_option *option, void *base, const struct kidos_value *value,
		     char reason[KIDOS_REASON])
{
	void *to = (char *)base + option->offset;

	if (option->check && value->type == KIDOS_VALUE_STRING && *value->string &&
	    option->check(value->string, reason))
		return -1;
	switch (option->type) {
	case KIDOS_OPTION_BOOLEAN:
		return set_boolean(to, value, reason);
	case KIDOS_OPTION_NUMBER:
	case KIDOS_OPTION_SIZE:
		return set_number(option, to, value, reason);
	case KIDOS_OPTION_STRING:
		return set_string(option, to, value, reason);
	case KIDOS_OPTION_CHOICE:
		return set_choice(option, to, value, reason);
	case KIDOS_OPTION_STRINGS:
		return add_string(option, to, value, reason);
	case KIDOS_OPTION_PREFIX_LENGTHS:
		return set_lengths(to, value, reason);
	case KIDOS_OPTION_QUOTAS:
		return add_quota(option, to, value, reason);
	}
	return -1;
}
