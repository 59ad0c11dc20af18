/* SPDX-License-Identifier: MIT */
#include "alerts/usual.h"
#include "core/log.h"
#include "core/now.h"
#include "core/text.h"
#include "links/conserve_check.h"
#include "state/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOURS 24
#define DAYS 7 /* that weigh */
#define FAR 4 /* standard deviations */
#define LEAST 12500 /* bytes a second: what differs by less is of no interest */
#define SAVE_NS 3600000000000u
#define FILE_MOST (16 << 20)
#define NAME (4 * KIDOS_ALERT_INSTANCE) /* escaped */

/* Rates of one hour of the day, as Welford adds them up. */
struct cell {
	double windows, mean, squares;
};

struct interface {
	char name[KIDOS_ALERT_INSTANCE]; /* in values; "": free */
	struct cell cells[KIDOS_DIRECTIONS][HOURS];
	uint64_t total[KIDOS_DIRECTIONS]; /* when its window began ... */
	uint64_t since_ns; /* ... which was then, CLOCK_MONOTONIC; 0: it is not there yet */
};

struct kidos_usual {
	struct kidos_rules_base base;
	uint64_t saved_ns; /* CLOCK_MONOTONIC */
	bool failed;
	size_t room;
	struct interface items[];
};

/* As many names as there are slots, twice: of those that went, too. */
static size_t room_of(unsigned int slots)
{
	return 2ul * slots;
}

uint64_t kidos_usual_bytes(unsigned int slots)
{
	return sizeof(struct kidos_usual) + room_of(slots) * sizeof(struct interface);
}

/* The interface, or a free place; NULL when there is none. */
static struct interface *interface_of(struct kidos_usual *usual, const char *name)
{
	for (size_t i = 0; i < usual->room; i++)
		if (!strcmp(usual->items[i].name, name) || !*usual->items[i].name) {
			snprintf(usual->items[i].name, sizeof(usual->items[i].name), "%s", name);
			return &usual->items[i];
		}
	return NULL;
}

/* "0 13 240 1.25e6 3.1e9 eth0": direction, hour, windows, mean, squares, name. */
static int read_lines(struct kidos_usual *usual, FILE *file)
{
	char line[NAME + 128], name[NAME];
	unsigned int direction, hour;
	struct interface *item;
	struct cell cell;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%u %u %lf %lf %lf %511[^\n]", &direction, &hour, &cell.windows,
			   &cell.mean, &cell.squares, name) != 6 ||
		    direction >= KIDOS_DIRECTIONS || hour >= HOURS ||
		    strlen(name) >= KIDOS_ALERT_INSTANCE || !(cell.windows >= 0) ||
		    !isfinite(cell.mean) || !(cell.squares >= 0))
			return -EBADMSG;
		item = interface_of(usual, name);
		if (item)
			item->cells[direction][hour] = cell;
	}
	return ferror(file) ? -EIO : 0;
}

static void load(struct kidos_usual *usual)
{
	const char *folder = usual->base.context->config->data_path;
	FILE *file;
	int error = kidos_file_open(folder, KIDOS_USUAL_FILE, FILE_MOST, &file);

	if (!error && file) {
		error = read_lines(usual, file);
		fclose(file);
	}
	if (error)
		kidos_log(LOG_WARNING, "usual rates in %s/" KIDOS_USUAL_FILE ": %s: learned anew",
			  folder, kidos_file_fault(error));
}

static void write_interface(const struct interface *item, FILE *file)
{
	for (unsigned int i = 0; i < KIDOS_DIRECTIONS * HOURS; i++) {
		const struct cell *cell = &item->cells[i / HOURS][i % HOURS];

		if (cell->windows > 0)
			fprintf(file, "%u %u %.17g %.17g %.17g %s\n", i / HOURS, i % HOURS,
				cell->windows, cell->mean, cell->squares, item->name);
	}
}

static int write_lines(const void *context, FILE *file)
{
	const struct kidos_usual *usual = context;

	for (size_t i = 0; i < usual->room && *usual->items[i].name; i++)
		write_interface(&usual->items[i], file);
	return ferror(file) ? -EIO : 0;
}

static void save(struct kidos_usual *usual)
{
	const struct kidos_config *config = usual->base.context->config;
	int error = 0;

	usual->saved_ns = kidos_now_ns(CLOCK_MONOTONIC);
	if (!config->test)
		error = kidos_file_replace(config->data_path, KIDOS_USUAL_FILE, write_lines, usual);
	if (error && !usual->failed)
		kidos_log(LOG_WARNING,
			  "usual rates in %s/" KIDOS_USUAL_FILE ": %s: a restart will forget them",
			  config->data_path, strerror(-error));
	if (!error && usual->failed)
		kidos_log(LOG_NOTICE, "usual rates in %s/" KIDOS_USUAL_FILE ": saved again",
			  config->data_path);
	usual->failed = error;
}

struct kidos_usual *kidos_usual_new(const struct kidos_rules_base *base)
{
	struct kidos_usual *usual = calloc(1, kidos_usual_bytes(base->context->meta.slots));

	if (!usual)
		return NULL;
	usual->base = *base;
	usual->room = room_of(base->context->meta.slots);
	usual->saved_ns = kidos_now_ns(CLOCK_MONOTONIC);
	load(usual);
	return usual;
}

void kidos_usual_free(struct kidos_usual *usual)
{
	if (!usual)
		return;
	save(usual);
	free(usual);
}

static void learn(struct cell *cell, double rate, double most)
{
	double from = rate - cell->mean;

	if (cell->windows >= most) { /* older days weigh less */
		cell->squares *= (most - 1) / cell->windows;
		cell->windows = most - 1;
	}
	cell->windows++;
	cell->mean += from / cell->windows;
	cell->squares += from * (rate - cell->mean);
}

static bool is_far(const struct cell *cell, double rate)
{
	double from = fabs(rate - cell->mean);

	return cell->windows >= (double)kidos_alert_kinds[KIDOS_ALERT_BASELINE].least &&
	       from > FAR * sqrt(cell->squares / cell->windows) && from > cell->mean / 2 &&
	       from > LEAST;
}

static void judge(const struct kidos_usual *usual, unsigned int slot, unsigned int direction,
		  struct cell *cell, double rate)
{
	const struct kidos_observed observed = {
		.kind = KIDOS_ALERT_BASELINE,
		.slot = slot,
		.value = rate,
		.threshold = cell->mean,
		.subject = direction == KIDOS_RX ? "received" : "sent",
		.judged = true,
	};

	if (is_far(cell, rate))
		kidos_rule_observe(&usual->base, &observed);
	learn(cell, rate, (double)DAYS * 3600 / (double)usual->base.settings->window);
}

/* A name with control characters or the like is not remembered: the file has a line for each. */
static bool is_plain(const char *name)
{
	char escaped[NAME];

	kidos_text_escape(name, escaped, sizeof(escaped));
	return *name && !strcmp(name, escaped);
}

/* A window of this interface is over, or its first one begins. */
static void turn_window(const struct kidos_usual *usual, struct interface *item, unsigned int slot,
			const struct kidos_slot_counts *counts, uint64_t now_ns)
{
	double seconds = (double)(now_ns - item->since_ns) / 1e9;
	struct kidos_sum sums[KIDOS_DIRECTIONS];
	time_t now = time(NULL);
	struct tm day;

	localtime_r(&now, &day);
	kidos_totals_sum(counts->totals, sums);
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint64_t total = sums[d].wire_bytes, before = item->total[d];

		if (item->since_ns && total >= before)
			judge(usual, slot, d, &item->cells[d][day.tm_hour],
			      (double)(total - before) / seconds);
		item->total[d] = total;
	}
	item->since_ns = now_ns;
}

static void poll_slot(struct kidos_usual *usual, const struct kidos_poll *poll, unsigned int slot,
		      uint64_t now_ns)
{
	struct interface *item =
		is_plain(poll->instances[slot]) ? interface_of(usual, poll->instances[slot]) : NULL;

	if (!item)
		++*usual->base.unjudged;
	else if (!item->since_ns ||
		 now_ns - item->since_ns >= usual->base.settings->window * 1000000000u)
		turn_window(usual, item, slot, &poll->counts[slot], now_ns);
}

void kidos_usual_poll(struct kidos_usual *usual, const struct kidos_poll *poll)
{
	uint64_t now_ns = kidos_now_ns(CLOCK_MONOTONIC);

	for (unsigned int slot = 1; slot < usual->base.context->meta.slots; slot++)
		if (poll->instances[slot] && poll->counts[slot].read)
			poll_slot(usual, poll, slot, now_ns);
	if (now_ns - usual->saved_ns >= SAVE_NS)
		save(usual);
}
