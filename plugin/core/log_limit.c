/* SPDX-License-Identifier: MIT */
#include "core/log_limit.h"
#include "core/hash.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash_of(int priority, const char *text)
{
	return kidos_fnv(KIDOS_FNV ^ (unsigned int)priority, text, strlen(text));
}

static bool is_over(const struct kidos_log_line *line, uint64_t now_ns)
{
	return now_ns - line->since_ns >= KIDOS_LOG_WINDOW_NS;
}

static void write_held(struct kidos_log_line *line, kidos_log_sink write)
{
	char text[sizeof(line->text) + 64];

	if (!line->held)
		return;
	snprintf(text, sizeof(text), "%s (repeated %u times)", line->text, line->held);
	line->held = 0;
	write(line->priority, text);
}

/* The line's own place, else an unused one, else that of the line written longest ago. */
static struct kidos_log_line *place_of(struct kidos_log_limit *limit, uint64_t hash)
{
	struct kidos_log_line *place = &limit->lines[0];

	for (size_t i = 0; i < KIDOS_LOG_LINES; i++) {
		struct kidos_log_line *line = &limit->lines[i];

		if (line->since_ns && line->hash == hash)
			return line;
		if (line->since_ns < place->since_ns)
			place = line;
	}
	return place;
}

static void write_counted(struct kidos_log_line *line, const char *text, kidos_log_sink write)
{
	unsigned int allowed = line->priority <= LOG_WARNING ? KIDOS_LOG_ERRORS : KIDOS_LOG_OTHERS;

	if (line->written >= allowed) {
		line->held++;
		return;
	}
	line->written++;
	if (line->held) {
		line->held++;
		write_held(line, write);
	} else {
		write(line->priority, text);
	}
}

void kidos_log_limited(struct kidos_log_limit *limit, int priority, const char *line,
		       uint64_t now_ns, kidos_log_sink write)
{
	uint64_t hash = hash_of(priority, line);
	struct kidos_log_line *place = place_of(limit, hash);

	if (!place->since_ns || place->hash != hash) {
		write_held(place, write);
		*place = (struct kidos_log_line){ .hash = hash,
						  .since_ns = now_ns,
						  .priority = priority };
		snprintf(place->text, sizeof(place->text), "%s", line);
	} else if (is_over(place, now_ns)) {
		place->since_ns = now_ns;
		place->written = 0;
	}
	write_counted(place, line, write);
}

void kidos_log_limit_flush(struct kidos_log_limit *limit, uint64_t now_ns, kidos_log_sink write)
{
	for (size_t i = 0; i < KIDOS_LOG_LINES; i++)
		if (limit->lines[i].held && is_over(&limit->lines[i], now_ns))
			write_held(&limit->lines[i], write);
}
