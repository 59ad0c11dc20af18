/* SPDX-License-Identifier: MIT */
/* sample.h: a value on its way out, free of any collector's types. */
#ifndef KIDOS_CORE_SAMPLE_H
#define KIDOS_CORE_SAMPLE_H

#include <stdint.h>

struct kidos_sample {
	const char *instance; /* plugin_instance */
	const char *type; /* of collectd's types.db */
	const char *type_instance;
	enum { KIDOS_SAMPLE_DERIVE, KIDOS_SAMPLE_GAUGE } kind;
	unsigned int count; /* 1, or 2: rx and tx */
	union {
		int64_t derive[2];
		double gauge[2];
	};
};

typedef void (*kidos_emit)(const struct kidos_sample *sample, void *context);

/* Where values go, and the plugin_instance that the next of them have. */
struct kidos_output {
	kidos_emit emit;
	void *context;
	const char *instance;
};

/*
 * A new series is 0 at two polls, while what it counts still goes to `other` or waits: after
 * one value its first interval would have no rate, and after two every step
 * of an RRD file is known in which a part of the first interval lies. Values
 * of the past would do the same, but collectd's write threads may reorder
 * values that come at once.
 */
#define KIDOS_SERIES_ZEROS 2

/* A counter; a pair of them, received and sent; a number that is what it is now. */
void kidos_send_derive(const struct kidos_output *output, const char *type,
		       const char *type_instance, uint64_t value);
void kidos_send_rx_tx(const struct kidos_output *output, const char *type,
		      const char *type_instance, uint64_t rx, uint64_t tx);
void kidos_send_gauge(const struct kidos_output *output, const char *type,
		      const char *type_instance, double value);

#endif
