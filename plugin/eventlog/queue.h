/* SPDX-License-Identifier: MIT */
/*
 * queue.h: what is to be written, on its way to the thread that writes. Room
 * for so many rows; what finds none is counted and gone.
 */
#ifndef KIDOS_EVENTLOG_QUEUE_H
#define KIDOS_EVENTLOG_QUEUE_H

#include "core/notice.h"

#include <stdbool.h>

#define KIDOS_LOG_QUEUE 16384u /* rows */
#define KIDOS_LOG_ALERTS 256u /* of them alerts */
#define KIDOS_LOG_NAMES (2 * KIDOS_SLOTS_MAX)

struct kidos_log_row {
	struct kidos_flow_key key;
	struct kidos_count gained;
	uint64_t first_ns, last_ns;
	uint16_t first_size, least_size, most_size; /* 0: not known */
	struct kidos_notice *notice; /* an alert, which the taker frees; NULL: a flow */
	uint16_t name; /* its interface */
	uint8_t action; /* enum kidos_flow_action */
};

struct kidos_log_queue;

/* NULL without memory. */
struct kidos_log_queue *kidos_log_queue_new(void);
/* Whoever puts or takes must have ended. Accepts NULL. */
void kidos_log_queue_free(struct kidos_log_queue *queue);

/* False if there is no room, and none came within patience_ms. */
bool kidos_log_queue_put(struct kidos_log_queue *queue, const struct kidos_log_row *row,
			 unsigned int patience_ms);

/* Up to room rows, 0 when there were none for timeout_ms; -1 once it is closed and empty. */
int kidos_log_queue_take(struct kidos_log_queue *queue, struct kidos_log_row *rows, size_t room,
			 unsigned int timeout_ms);

/* Nothing more is put; what is in it can be taken until then, by CLOCK_MONOTONIC. */
void kidos_log_queue_close(struct kidos_log_queue *queue, uint64_t until_ns);
/* Rows that are in it. */
size_t kidos_log_queue_count(struct kidos_log_queue *queue);

#endif
