/* SPDX-License-Identifier: MIT */
#include "alerts/quotas.h"
#include "core/log.h"
#include "core/now.h"
#include "core/text.h"
#include "links/conserve_check.h"
#include "state/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_NS 60000000000u
#define FILE_MOST (64 * 1024)
#define NAME (4 * KIDOS_ALTNAME) /* escaped */
#define DAY 16

struct counted {
	const struct kidos_quota *quota;
	char since[DAY]; /* first day of the bill, as 2026-11-01 */
	uint64_t bytes;
	uint64_t total; /* of the interface, at the last poll */
};

struct kidos_quota_counts {
	struct kidos_rules_base base;
	uint64_t saved_ns; /* CLOCK_MONOTONIC */
	bool changed, failed;
	size_t count;
	struct counted items[];
};

/* The bill's first day: this month's, or the last one's before it. */
static void bill_day(const struct kidos_quota *quota, char since[DAY])
{
	time_t now = time(NULL);
	struct tm day;

	localtime_r(&now, &day);
	if (day.tm_mday < (int)quota->day && --day.tm_mon < 0) {
		day.tm_mon = 11;
		day.tm_year--;
	}
	snprintf(since, DAY, "%04d-%02d-%02d", (day.tm_year + 1900) % 10000, (day.tm_mon + 1) % 100,
		 (int)quota->day % 100);
}

static void take_line(struct kidos_quota_counts *quotas, const char *since, uint64_t bytes,
		      const char *name)
{
	char own[NAME];

	for (size_t i = 0; i < quotas->count; i++) {
		struct counted *item = &quotas->items[i];

		kidos_text_escape(item->quota->interface, own, sizeof(own));
		if (!strcmp(own, name) && !strcmp(item->since, since))
			item->bytes = bytes;
	}
}

/* "2026-11-01 123456 eth0" */
static int read_lines(struct kidos_quota_counts *quotas, FILE *file)
{
	char line[NAME + 64], since[DAY], name[NAME];
	uint64_t bytes;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%15s %" SCNu64 " %511[^\n]", since, &bytes, name) != 3)
			return -EBADMSG;
		take_line(quotas, since, bytes, name);
	}
	return ferror(file) ? -EIO : 0;
}

static void load(struct kidos_quota_counts *quotas)
{
	const char *folder = quotas->base.context->config->data_path;
	FILE *file;
	int error = kidos_file_open(folder, KIDOS_QUOTA_FILE, FILE_MOST, &file);

	if (!error && file) {
		error = read_lines(quotas, file);
		fclose(file);
	}
	if (error)
		kidos_log(LOG_WARNING, "quotas in %s/" KIDOS_QUOTA_FILE ": %s: counted from 0",
			  folder, kidos_file_fault(error));
}

static int write_lines(const void *context, FILE *file)
{
	const struct kidos_quota_counts *quotas = context;
	char name[NAME];

	for (size_t i = 0; i < quotas->count; i++) {
		const struct counted *item = &quotas->items[i];

		kidos_text_escape(item->quota->interface, name, sizeof(name));
		fprintf(file, "%s %" PRIu64 " %s\n", item->since, item->bytes, name);
	}
	return ferror(file) ? -EIO : 0;
}

static void save(struct kidos_quota_counts *quotas)
{
	const struct kidos_config *config = quotas->base.context->config;
	int error;

	quotas->saved_ns = kidos_now_ns(CLOCK_MONOTONIC);
	if (!quotas->changed || config->test)
		return;
	error = kidos_file_replace(config->data_path, KIDOS_QUOTA_FILE, write_lines, quotas);
	if (error && !quotas->failed)
		kidos_log(LOG_WARNING,
			  "quotas in %s/" KIDOS_QUOTA_FILE ": %s: a restart will forget them",
			  config->data_path, strerror(-error));
	if (!error && quotas->failed)
		kidos_log(LOG_NOTICE, "quotas in %s/" KIDOS_QUOTA_FILE ": saved again",
			  config->data_path);
	quotas->failed = error;
	quotas->changed = error;
}

struct kidos_quota_counts *kidos_quotas_new(const struct kidos_rules_base *base)
{
	const struct kidos_quotas *wanted = &base->settings->quotas;
	struct kidos_quota_counts *quotas =
		calloc(1, sizeof(*quotas) + wanted->count * sizeof(quotas->items[0]));

	if (!quotas)
		return NULL;
	quotas->base = *base;
	quotas->count = wanted->count;
	for (size_t i = 0; i < quotas->count; i++) {
		quotas->items[i].quota = &wanted->items[i];
		bill_day(quotas->items[i].quota, quotas->items[i].since);
	}
	quotas->saved_ns = kidos_now_ns(CLOCK_MONOTONIC);
	if (quotas->count)
		load(quotas);
	return quotas;
}

void kidos_quotas_free(struct kidos_quota_counts *quotas)
{
	if (!quotas)
		return;
	save(quotas);
	free(quotas);
}

/* 0: no interface of this name is there. */
static unsigned int slot_of(const struct kidos_quota_counts *quotas, const struct kidos_poll *poll,
			    const char *name)
{
	for (unsigned int slot = 1; slot < quotas->base.context->meta.slots; slot++)
		if (poll->instances[slot] && !strcmp(poll->instances[slot], name) &&
		    poll->counts[slot].read)
			return slot;
	return 0;
}

/* Counts begin at 0 with kidos, and when the slot was another's. */
static void add(struct kidos_quota_counts *quotas, struct counted *item,
		const struct kidos_slot_counts *counts)
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];
	uint64_t total;

	kidos_totals_sum(counts->totals, sums);
	total = sums[KIDOS_RX].wire_bytes + sums[KIDOS_TX].wire_bytes;
	if (total < item->total)
		item->total = 0;
	if (total == item->total)
		return;
	item->bytes += total - item->total;
	item->total = total;
	quotas->changed = true;
}

static void turn_month(struct kidos_quota_counts *quotas, struct counted *item)
{
	char since[DAY];

	bill_day(item->quota, since);
	if (!strcmp(since, item->since))
		return;
	memcpy(item->since, since, sizeof(since));
	item->bytes = 0;
	quotas->changed = true;
}

static void judge(const struct kidos_quota_counts *quotas, const struct counted *item,
		  unsigned int slot)
{
	static const struct {
		double share;
		enum kidos_severity severity;
		const char *subject;
	} steps[] = { { 0.8, KIDOS_SEVERITY_WARNING, "80 %" },
		      { 1, KIDOS_SEVERITY_FAILURE, "100 %" } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct kidos_observed observed = {
			.kind = KIDOS_ALERT_QUOTA,
			.severity = steps[i].severity,
			.slot = slot,
			.value = (double)item->bytes,
			.threshold = steps[i].share * (double)item->quota->bytes,
			.subject = steps[i].subject,
		};

		kidos_rule_observe(&quotas->base, &observed);
	}
}

static void send_all(const struct kidos_quota_counts *quotas, struct kidos_output *output)
{
	output->instance = "quota";
	for (size_t i = 0; i < quotas->count; i++) {
		const struct counted *item = &quotas->items[i];

		kidos_send_derive(output, "total_bytes", item->quota->interface, item->bytes);
		kidos_send_gauge(output, "percent", item->quota->interface,
				 100.0 * (double)item->bytes / (double)item->quota->bytes);
	}
}

void kidos_quotas_poll(struct kidos_quota_counts *quotas, const struct kidos_poll *poll)
{
	for (size_t i = 0; i < quotas->count; i++) {
		struct counted *item = &quotas->items[i];
		unsigned int slot = slot_of(quotas, poll, item->quota->interface);

		turn_month(quotas, item);
		if (!slot)
			continue;
		add(quotas, item, &poll->counts[slot]);
		judge(quotas, item, slot);
	}
	send_all(quotas, poll->output);
	if (kidos_now_ns(CLOCK_MONOTONIC) - quotas->saved_ns >= SAVE_NS)
		save(quotas);
}
