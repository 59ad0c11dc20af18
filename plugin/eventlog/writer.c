/* SPDX-License-Identifier: MIT */
#include "eventlog/writer.h"
#include "core/log.h"
#include "core/now.h"
#include "core/thread.h"
#include "eventlog/file.h"
#include "eventlog/format.h"
#include "eventlog/queue.h"
#include "eventlog/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4096u /* rows */
#define TICK_MS 500 /* in which summaries and a file that was rotated are noticed */
#define PATIENCE_MS 20000 /* of who puts flows: less than what makes a flow idle */
#define SLICE_MS 50 /* of it, between two looks whether all ends */
#define LAST_MS 700 /* of it, once all ends */
#define PATIENCE_S 1 /* with the disk, at the end */
#define SECOND_NS 1000000000u
#define NAME 144

const char *const kidos_log_lost_names[KIDOS_LOG_LOSTS] = {
	[KIDOS_LOG_LOST_QUEUE] = "queue",
	[KIDOS_LOG_LOST_DISK] = "disk",
	[KIDOS_LOG_LOST_OPEN] = "open",
};

static const char *const action_names[] = {
	[KIDOS_ACTION_PERMITTED] = "permitted",
	[KIDOS_ACTION_LOGGED] = "logged",
	[KIDOS_ACTION_DROPPED] = "dropped",
};

struct kidos_log_writer {
	struct kidos_log_settings
		settings; /* its own: a thread that hangs outlives the configuration */
	struct kidos_log_queue *queue;
	struct kidos_thread thread;
	/* The thread's own. */
	struct kidos_log_file file;
	struct kidos_log_summary summary;
	struct kidos_log_row *rows; /* BATCH */
	char *buffer; /* KIDOS_LOG_WRITE */
	struct kidos_log_text text; /* in the buffer */
	size_t pending; /* rows in it */
	uint64_t summarized_ns, expired_ns; /* CLOCK_REALTIME: the last time */
	/*
	 * Whoever puts flows, a single thread, writes a slot's name, the thread reads
	 * it: there are two, so that rows which wait have theirs when the slot goes to
	 * another interface. It stays free for IdleTimeout before.
	 */
	bool stuck; /* it waited in vain: not again until there is room */
	uint64_t stopping_ns; /* CLOCK_MONOTONIC, when it saw that all ends; 0: it does not */
	const atomic_bool *stopping;
	char names[KIDOS_LOG_NAMES][NAME];
	bool second[KIDOS_SLOTS_MAX]; /* the name in use */
	pthread_mutex_t lock; /* counts; held briefly */
	struct kidos_log_counts counts;
};

uint64_t kidos_log_writer_bytes(void)
{
	return (KIDOS_LOG_QUEUE + BATCH) * sizeof(struct kidos_log_row) + KIDOS_LOG_WRITE +
	       KIDOS_LOG_ALERTS * sizeof(struct kidos_notice) + kidos_log_summary_bytes() +
	       sizeof(struct kidos_log_writer);
}

/* --- counting --- */

static void count_lost(struct kidos_log_writer *writer, enum kidos_log_lost cause, size_t rows)
{
	pthread_mutex_lock(&writer->lock);
	writer->counts.lost[cause] += rows;
	pthread_mutex_unlock(&writer->lock);
}

static uint64_t sum_lost(const struct kidos_log_counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < KIDOS_LOG_LOSTS; i++)
		sum += counts->lost[i];
	return sum;
}

/* The log says once that it fails, and once that it is written again. */
static void count_writing(struct kidos_log_writer *writer, size_t written, size_t lost,
			  enum kidos_log_lost cause)
{
	struct kidos_log_counts *counts = &writer->counts;
	bool failed, healed;

	pthread_mutex_lock(&writer->lock);
	counts->written += written;
	counts->lost[cause] += lost;
	failed = lost && !counts->failing;
	healed = !lost && written && counts->failing;
	counts->failing = lost || (counts->failing && !healed);
	if (lost)
		memcpy(counts->reason, writer->file.reason, sizeof(counts->reason));
	pthread_mutex_unlock(&writer->lock);
	if (failed)
		kidos_log(LOG_WARNING, "event log: %s: rows are lost", writer->file.reason);
	else if (healed)
		kidos_log(LOG_NOTICE, "event log: written again; %" PRIu64 " rows were lost so far",
			  sum_lost(counts));
}

void kidos_log_writer_count(struct kidos_log_writer *writer, struct kidos_log_counts *counts)
{
	pthread_mutex_lock(&writer->lock);
	*counts = writer->counts;
	pthread_mutex_unlock(&writer->lock);
}

/* --- writing --- */

static size_t count_rows(const char *at, size_t length)
{
	const char *end = at + length;
	size_t count = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		count++;
		at++;
	}
	return count;
}

static void flush(struct kidos_log_writer *writer)
{
	size_t length = (size_t)(writer->text.at - writer->buffer), written = 0, whole = 0;
	enum kidos_log_lost cause = KIDOS_LOG_LOST_OPEN;

	if (!length)
		return;
	if (!kidos_log_file_open(&writer->file)) {
		cause = KIDOS_LOG_LOST_DISK;
		kidos_log_file_write(&writer->file, writer->buffer, length, &written);
		whole = count_rows(writer->buffer, written);
	}
	count_writing(writer, whole, writer->pending - whole, cause);
	writer->text.at = writer->buffer;
	writer->pending = 0;
}

static void write_entry(struct kidos_log_writer *writer, const struct kidos_log_entry *entry)
{
	if (writer->text.end - writer->text.at < KIDOS_LOG_ROW)
		flush(writer);
	kidos_log_format(&writer->text, writer->settings.format, entry);
	if (writer->text.cut)
		count_lost(writer, KIDOS_LOG_LOST_DISK, 1);
	else
		writer->pending++;
	writer->text.cut = false;
}

/* What no row of this kind has. */
static struct kidos_log_entry empty_entry(uint64_t time_ns)
{
	return (struct kidos_log_entry){
		.time_ns = time_ns,
		.protocol_name = "",
		.action = "",
		.interface = "",
		.alert = "",
		.alert_id = "",
		.message = "",
	};
}

static void write_flow(struct kidos_log_writer *writer, const struct kidos_log_row *row)
{
	struct kidos_log_entry entry = empty_entry(row->last_ns);
	uint64_t since =
		row->first_ns > writer->summarized_ns ? row->first_ns : writer->summarized_ns;

	entry.kind = KIDOS_LOG_FLOW;
	entry.action = action_names[row->action];
	entry.interface = writer->names[row->name];
	entry.packets = row->gained.packets;
	entry.bytes = row->gained.bytes;
	entry.first_size = row->first_size;
	entry.least_size = row->least_size;
	entry.most_size = row->most_size;
	entry.first_ns = row->first_ns;
	entry.last_ns = row->last_ns;
	kidos_log_fill_flow(&entry, &row->key);
	write_entry(writer, &entry);
	if (writer->settings.summary)
		kidos_log_summary_add(&writer->summary, &row->key, &row->gained, since,
				      row->last_ns);
}

static void write_alert(struct kidos_log_writer *writer, struct kidos_notice *notice)
{
	struct kidos_log_entry entry = empty_entry(notice->time_ns);

	kidos_log_fill_alert(&entry, notice);
	write_entry(writer, &entry);
	free(notice);
}

/* Who asked comes before who answered: by the flows' first packets, and by ports within a unit. */
static int by_first(const void *a, const void *b)
{
	const struct kidos_log_row *left = a, *right = b;

	if (left->first_ns != right->first_ns)
		return left->first_ns < right->first_ns ? -1 : 1;
	return (int)(left->key.dport > left->key.sport) -
	       (int)(right->key.dport > right->key.sport);
}

static void write_rows(struct kidos_log_writer *writer, size_t count)
{
	qsort(writer->rows, count, sizeof(*writer->rows), by_first);
	for (size_t i = 0; i < count; i++)
		if (writer->rows[i].notice)
			write_alert(writer, writer->rows[i].notice);
		else
			write_flow(writer, &writer->rows[i]);
}

static void write_summary(struct kidos_log_writer *writer, uint64_t now)
{
	struct kidos_log_summary *summary = &writer->summary;
	struct kidos_log_entry entry;
	char message[KIDOS_LOG_MESSAGE];
	size_t count = kidos_log_summary_rank(summary);

	for (size_t i = 0; i < count; i++) {
		entry = empty_entry(now);
		kidos_log_fill_source(&entry, &summary->sources[i], i + 1, message);
		write_entry(writer, &entry);
	}
	if (count) {
		entry = empty_entry(now);
		kidos_log_fill_total(&entry, summary, message);
		write_entry(writer, &entry);
	}
	kidos_log_summary_clear(summary);
	writer->summarized_ns = now;
}

static void do_periodic(struct kidos_log_writer *writer)
{
	uint64_t now = kidos_now_ns(CLOCK_REALTIME);
	uint64_t every = writer->settings.summary * SECOND_NS;

	/* Also where the clock was set back. */
	if (every && now - writer->summarized_ns >= every)
		write_summary(writer, now);
	if (now - writer->expired_ns >= 3600ull * SECOND_NS) {
		writer->expired_ns = now;
		if (!kidos_log_file_open(&writer->file))
			kidos_log_file_expire(&writer->file);
	}
}

/* What is wrong with the file is said at once, before there is a row. */
static void try_file(struct kidos_log_writer *writer)
{
	if (!kidos_log_file_open(&writer->file))
		return;
	pthread_mutex_lock(&writer->lock);
	writer->counts.failing = true;
	memcpy(writer->counts.reason, writer->file.reason, sizeof(writer->counts.reason));
	pthread_mutex_unlock(&writer->lock);
	kidos_log(LOG_ERR, "event log: %s", writer->file.reason);
}

static void *run(void *self)
{
	struct kidos_log_writer *writer = self;
	int count;

	try_file(writer);
	while ((count = kidos_log_queue_take(writer->queue, writer->rows, BATCH, TICK_MS)) >= 0) {
		write_rows(writer, (size_t)count);
		do_periodic(writer);
		flush(writer);
	}
	if (writer->settings.summary)
		write_summary(writer, kidos_now_ns(CLOCK_REALTIME));
	flush(writer);
	return NULL;
}

/* --- putting --- */

static unsigned int name_of(struct kidos_log_writer *writer, const struct kidos_flow_gain *gain)
{
	unsigned int slot = kidos_key_slot(gain->key);
	unsigned int name = 2 * slot + writer->second[slot];

	if (!strncmp(writer->names[name], gain->interface, NAME - 1))
		return name;
	writer->second[slot] = !writer->second[slot];
	name = 2 * slot + writer->second[slot];
	snprintf(writer->names[name], NAME, "%s", gain->interface);
	return name;
}

/* What comes in a delay stays in the table, and is a row of a longer time. */
static unsigned int patience_of(struct kidos_log_writer *writer, unsigned int waited_ms)
{
	uint64_t now;

	if (writer->stuck || waited_ms >= PATIENCE_MS)
		return 0;
	if (!atomic_load(writer->stopping))
		return SLICE_MS;
	now = kidos_now_ns(CLOCK_MONOTONIC);
	if (!writer->stopping_ns)
		writer->stopping_ns = now;
	return now - writer->stopping_ns < LAST_MS * 1000000ull ? SLICE_MS : 0;
}

static bool put_flow(struct kidos_log_writer *writer, const struct kidos_log_row *row)
{
	bool taken = kidos_log_queue_put(writer->queue, row, 0);
	unsigned int waited = 0, patience;

	while (!taken && (patience = patience_of(writer, waited))) {
		taken = kidos_log_queue_put(writer->queue, row, patience);
		waited += patience;
	}
	writer->stuck = !taken;
	return taken;
}

void kidos_log_writer_flow(struct kidos_log_writer *writer, const struct kidos_flow_gain *gain)
{
	const struct kidos_log_row row = {
		.key = *gain->key,
		.gained = gain->gained,
		.first_ns = gain->first_ns,
		.last_ns = gain->last_ns,
		.first_size = (uint16_t)gain->first_size,
		.least_size = (uint16_t)gain->least_size,
		.most_size = (uint16_t)gain->most_size,
		.name = (uint16_t)name_of(writer, gain),
		.action = (uint8_t)gain->action,
	};

	if (!put_flow(writer, &row))
		count_lost(writer, KIDOS_LOG_LOST_QUEUE, 1);
}

void kidos_log_writer_alert(struct kidos_log_writer *writer, const struct kidos_notice *notice)
{
	struct kidos_log_row row = { .first_ns = notice->time_ns,
				     .notice = malloc(sizeof(*notice)) };

	if (row.notice)
		*row.notice = *notice;
	if (row.notice && kidos_log_queue_put(writer->queue, &row, 0))
		return;
	free(row.notice);
	count_lost(writer, KIDOS_LOG_LOST_QUEUE, 1);
}

/* --- opening and closing --- */

static int start(struct kidos_log_writer *writer)
{
	if (!writer->queue || !writer->rows || !writer->buffer ||
	    kidos_log_summary_init(&writer->summary))
		return -ENOMEM;
	writer->text = (struct kidos_log_text){ writer->buffer, writer->buffer,
						writer->buffer + KIDOS_LOG_WRITE, false };
	writer->summarized_ns = kidos_now_ns(CLOCK_REALTIME);
	return kidos_thread_start(&writer->thread, "kidos eventlog", run, writer);
}

static void writer_free(struct kidos_log_writer *writer)
{
	kidos_log_file_close(&writer->file);
	kidos_log_summary_free(&writer->summary);
	kidos_log_queue_free(writer->queue);
	free(writer->rows);
	free(writer->buffer);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

struct kidos_log_writer *kidos_log_writer_open(const struct kidos_log_settings *settings,
					       const atomic_bool *stopping)
{
	struct kidos_log_writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return NULL;
	writer->settings = *settings;
	writer->stopping = stopping;
	writer->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	kidos_log_file_init(&writer->file, &writer->settings);
	pthread_mutex_init(&writer->lock, NULL);
	writer->queue = kidos_log_queue_new();
	writer->rows = calloc(BATCH, sizeof(*writer->rows));
	writer->buffer = malloc(KIDOS_LOG_WRITE);
	error = start(writer);
	if (!error)
		return writer;
	kidos_thread_stop(&writer->thread, 0);
	writer_free(writer);
	errno = -error;
	return NULL;
}

void kidos_log_writer_close(struct kidos_log_writer *writer)
{
	size_t left;

	if (!writer)
		return;
	kidos_log_queue_close(writer->queue,
			      kidos_now_ns(CLOCK_MONOTONIC) + PATIENCE_S * SECOND_NS * 3ull / 4);
	if (!kidos_thread_stop(&writer->thread, PATIENCE_S)) { /* The thread still uses it. */
		kidos_log(LOG_WARNING, "event log: the disk hangs; not waited for");
		return;
	}
	left = kidos_log_queue_count(writer->queue);
	if (left)
		kidos_log(LOG_WARNING, "event log: %zu rows were not written at the end", left);
	writer_free(writer);
}
