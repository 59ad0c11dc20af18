/* SPDX-License-Identifier: MIT */
/* writer.h: the thread that writes the event log, and what became of its rows. */
#ifndef KIDOS_EVENTLOG_WRITER_H
#define KIDOS_EVENTLOG_WRITER_H

#include "core/flow_gain.h"
#include "core/notice.h"
#include "eventlog/settings.h"

#include <stdatomic.h>

/* Why a row is not in the file. Names: kidos_log_lost_names. */
enum kidos_log_lost {
	KIDOS_LOG_LOST_QUEUE, /* rows came faster than they could be written */
	KIDOS_LOG_LOST_DISK, /* an error while writing, such as a full disk */
	KIDOS_LOG_LOST_OPEN, /* the file cannot be opened, or is not safe to write to */
	KIDOS_LOG_LOSTS
};
extern const char *const kidos_log_lost_names[KIDOS_LOG_LOSTS];

struct kidos_log_counts {
	uint64_t written; /* rows that are in files */
	uint64_t lost[KIDOS_LOG_LOSTS];
	bool failing; /* the last write did */
	char reason[KIDOS_REASON]; /* of the last error */
};

struct kidos_log_writer;

/* Starts the thread, which opens the file. stopping: all ends. NULL with errno. */
struct kidos_log_writer *kidos_log_writer_open(const struct kidos_log_settings *settings,
					       const atomic_bool *stopping);

/* Writes what is queued, within a second. Accepts NULL. */
void kidos_log_writer_close(struct kidos_log_writer *writer);

/* A flow, by one thread: waits up to 20 s where the writer does not keep up. */
void kidos_log_writer_flow(struct kidos_log_writer *writer, const struct kidos_flow_gain *gain);
/* An alert: never waits. */
void kidos_log_writer_alert(struct kidos_log_writer *writer, const struct kidos_notice *notice);

void kidos_log_writer_count(struct kidos_log_writer *writer, struct kidos_log_counts *counts);

/* Bytes of queue, summary and buffers. */
uint64_t kidos_log_writer_bytes(void);

#endif
