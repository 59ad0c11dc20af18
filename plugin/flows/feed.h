/* SPDX-License-Identifier: MIT */
/*
 * feed.h: gives what each flow gained to the sink KIDOS_SINK_FLOW, a window of
 * time after the other, by a thread and a reader of its own: a poll neither
 * waits for it nor takes anything from it.
 */
#ifndef KIDOS_FLOWS_FEED_H
#define KIDOS_FLOWS_FEED_H

#include "context.h"
#include "flows/spills.h"

struct kidos_feed;

/* Starts the thread; context->flow_window_ns is how often it reads. NULL with errno. */
struct kidos_feed *kidos_feed_open(struct kidos_context *context, struct kidos_spills *spills);

/* Ends the thread, and gives what came since its last window. Accepts NULL. */
void kidos_feed_close(struct kidos_feed *feed);

/* What its reader takes beside a table for this many flows. */
uint64_t kidos_feed_bytes(uint32_t max_flows);

#endif
