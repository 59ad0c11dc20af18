/* SPDX-License-Identifier: MIT */
#include "capture/ledger.h"
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TITLE "kidos ledger 1\n"

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
#define NUMBER(member)                                         \
	{                                                      \
		#member, offsetof(struct kidos_ledger, member) \
	}
	NUMBER(started_ns),    NUMBER(ended_ns),     NUMBER(first_ns),
	NUMBER(last_ns),       NUMBER(files),        NUMBER(matched),
	NUMBER(counted_least), NUMBER(counted_most), NUMBER(unseen),
#undef NUMBER
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static uint64_t *number_in(struct kidos_ledger *ledger, size_t index)
{
	return (uint64_t *)((char *)ledger + numbers[index].offset);
}

void kidos_ledger_write(const struct kidos_ledger *ledger, char text[KIDOS_LEDGER_TEXT])
{
	struct kidos_ledger copy = *ledger;
	size_t used = (size_t)snprintf(text, KIDOS_LEDGER_TEXT, TITLE);

	for (size_t i = 0; i < NUMBERS; i++)
		used += (size_t)snprintf(text + used, KIDOS_LEDGER_TEXT - used, "%s=%" PRIu64 "\n",
					 numbers[i].name, *number_in(&copy, i));
	for (unsigned int i = 0; i < KIDOS_FATES; i++)
		used += (size_t)snprintf(text + used, KIDOS_LEDGER_TEXT - used, "%s=%" PRIu64 "\n",
					 kidos_fate_names[i], ledger->fates[i]);
	/* The order is the last: it may be as long as a request. */
	kidos_order_write(&ledger->order, text + used, KIDOS_LEDGER_TEXT - used);
}

/* Reads "name=number\n" and moves on; false: it is something else. */
static bool take_number(const char **text, const char *name, uint64_t *number)
{
	size_t length = strlen(name), digits;
	char word[24];

	if (strncmp(*text, name, length) || (*text)[length] != '=')
		return false;
	digits = strcspn(*text + length + 1, "\n");
	if (digits >= sizeof(word) || (*text)[length + 1 + digits] != '\n')
		return false;
	snprintf(word, sizeof(word), "%.*s", (int)digits, *text + length + 1);
	*text += length + 1 + digits + 1;
	return kidos_text_number(word, 0, UINT64_MAX, number);
}

static bool parse_numbers(const char **text, struct kidos_ledger *ledger)
{
	bool good = true;

	for (size_t i = 0; good && i < NUMBERS; i++)
		good = take_number(text, numbers[i].name, number_in(ledger, i));
	for (unsigned int i = 0; good && i < KIDOS_FATES; i++)
		good = take_number(text, kidos_fate_names[i], &ledger->fates[i]);
	return good;
}

bool kidos_ledger_parse(const char *text, struct kidos_ledger *ledger, char reason[KIDOS_REASON])
{
	*ledger = (struct kidos_ledger){};
	if (strncmp(text, TITLE, strlen(TITLE))) {
		snprintf(reason, KIDOS_REASON, "its last comment is no ledger");
		return false;
	}
	text += strlen(TITLE);
	if (!parse_numbers(&text, ledger)) {
		snprintf(reason, KIDOS_REASON, "its ledger is damaged");
		return false;
	}
	return kidos_order_parse(text, &ledger->order, reason);
}
