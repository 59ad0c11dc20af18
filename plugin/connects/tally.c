/* SPDX-License-Identifier: MIT */
#include "connects/tally.h"
#include "core/sample.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Known beforehand, so that their rates are right from the first poll. */
static const unsigned int usual[] = {
	KIDOS_CONNECT_RESULT_OK,
	KIDOS_CONNECT_RESULT_ABANDONED,
	KIDOS_CONNECT_RESULT_LOST,
	ECONNREFUSED,
	ETIMEDOUT,
	EHOSTUNREACH,
	ENETUNREACH,
};

/* Of the rest every part is there from the start, with nothing to wait for. */
static void open_rest(struct kidos_connect_series *rest)
{
	strcpy(rest->raw, "other");
	strcpy(rest->name, "other");
	for (unsigned int part = 0; part < KIDOS_CONNECT_PARTS; part++)
		rest->parts[part].open = true;
}

int kidos_connect_tally_init(struct kidos_connect_tally *tally, uint64_t names)
{
	*tally = (struct kidos_connect_tally){ .room = names + 1 };
	tally->series = calloc(tally->room, sizeof(*tally->series));
	if (!tally->series)
		return -ENOMEM;
	open_rest(&tally->series[KIDOS_CONNECT_REST]);
	tally->count = 1;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		tally->results[usual[i]].open = true;
	return 0;
}

void kidos_connect_tally_free(struct kidos_connect_tally *tally)
{
	free(tally->series);
	tally->series = NULL;
}

uint64_t kidos_connect_tally_bytes(uint64_t names)
{
	return (names + 1) * sizeof(struct kidos_connect_series);
}

size_t kidos_connect_tally_index(struct kidos_connect_tally *tally, const char *raw)
{
	char name[KIDOS_CONNECT_UNIT];
	struct kidos_connect_series *series;

	if (!*raw)
		return KIDOS_CONNECT_REST;
	kidos_text_series(raw, name, sizeof(name));
	for (size_t i = 0; i < tally->count; i++)
		if (!strcmp(tally->series[i].name, name))
			return i;
	if (tally->count == tally->room)
		return KIDOS_CONNECT_REST;
	series = &tally->series[tally->count];
	snprintf(series->raw, sizeof(series->raw), "%s", raw);
	memcpy(series->name, name, sizeof(name));
	return tally->count++;
}

bool kidos_connect_value_add(struct kidos_connect_value *value, uint64_t rx, uint64_t tx)
{
	value->open = true;
	if (value->emitted < KIDOS_SERIES_ZEROS)
		return false;
	value->rx += rx;
	value->tx += tx;
	return true;
}

static void emitted(struct kidos_connect_series *series)
{
	for (unsigned int part = 0; part < KIDOS_CONNECT_PARTS; part++)
		series->parts[part].emitted += series->parts[part].open;
	memset(series->latency, 0, sizeof(series->latency));
	series->failed = series->judged = 0;
}

void kidos_connect_tally_emitted(struct kidos_connect_tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		emitted(&tally->series[i]);
	for (unsigned int i = 0; i < KIDOS_CONNECT_RESULTS; i++)
		tally->results[i].emitted += tally->results[i].open;
}
