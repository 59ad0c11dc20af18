/* SPDX-License-Identifier: MIT */
#include "state/clock.h"
#include "core/now.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "clock.skel.h"

#define UNITS_LOOKED_AT 8 /* 27 to 80 ms */

/* A tick is what the coarse clocks advance by. */
static int set_unit(struct kidos_meta *meta)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || !tick.tv_nsec)
		return -ENOTSUP;
	meta->time_shift = 0;
	while ((__u64)tick.tv_nsec << meta->time_shift < KIDOS_UNIT_MIN_NS)
		meta->time_shift++;
	meta->unit_ns = (__u64)tick.tv_nsec << meta->time_shift;
	return 0;
}

static int units_now(int program, __u32 *units)
{
	static const char frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	int error = bpf_prog_test_run_opts(program, &run);

	*units = run.retval;
	return error;
}

/*
 * A unit is read after it began, never before: by what a late tick, the way to
 * the program and a busy CPU took. So the earliest origin of many is the best.
 */
static int find_origin(int program, struct kidos_meta *meta)
{
	__u64 begin = kidos_now_ns(CLOCK_MONOTONIC), now;
	__u32 units;
	int error;

	meta->time_origin_ns = INT64_MAX;
	do {
		__s64 origin;

		error = units_now(program, &units);
		now = kidos_now_ns(CLOCK_MONOTONIC);
		origin = (__s64)(now - units * meta->unit_ns);
		if (!error && origin < meta->time_origin_ns)
			meta->time_origin_ns = origin;
	} while (!error && now - begin < UNITS_LOOKED_AT * meta->unit_ns);
	return error;
}

int kidos_clock_measure(struct kidos_meta *meta)
{
	struct clock_bpf *skeleton;
	int error = set_unit(meta);

	if (error)
		return error;
	skeleton = clock_bpf__open();
	if (!skeleton)
		return -errno;
	skeleton->rodata->time_shift = meta->time_shift;
	error = clock_bpf__load(skeleton);
	if (!error)
		error = find_origin(bpf_program__fd(skeleton->progs.kidos_now), meta);
	clock_bpf__destroy(skeleton);
	return error;
}
