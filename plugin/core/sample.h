/* SPDX-License-Identifier: MIT */
/* sample.h: a value on its way out, free of any collector's types. */
#ifndef KIDOS_SAMPLE_H
#define KIDOS_SAMPLE_H

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

#endif
