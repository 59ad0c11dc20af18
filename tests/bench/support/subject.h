/* SPDX-License-Identifier: MIT */
/* subject.h: the programs that are measured, each behind a driver of its own. */
#ifndef KIDOS_BENCH_SUBJECT_H
#define KIDOS_BENCH_SUBJECT_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "driver.h"
#include "packet.h"

enum subject_id {
	SUBJECT_EMPTY_XDP,
	SUBJECT_LIMIT,
	SUBJECT_PERCPU_HASH,
	SUBJECT_HASH,
	SUBJECT_KIDOS_XDP,
	SUBJECT_EMPTY_TC,
	SUBJECT_KIDOS_TC,
	SUBJECTS
};

struct subject_kind {
	const char *name;
	const char *object; /* NULL: the driver's */
	const char *program;
	const char *driver; /* program of driver.bpf.o */
	enum subject_id empty; /* whose cost is taken off */
	bool minimal; /* reads only plain IPv4 */
	int (*lost)(struct bpf_object *object,
		    unsigned long long *packets); /* NULL: keeps no flows */
	bool totals; /* keeps totals beside its flows */
};

extern const struct subject_kind subject_kinds[SUBJECTS];

/* A loaded program. */
struct subject {
	const struct subject_kind *kind;
	struct driver_bpf *driver;
	struct bpf_object *object; /* NULL: the driver's */
	struct packet packet;
	int driver_fd;
};

struct subject_options {
	const char *objects; /* folder of the BPF objects */
	bool coarse_clock; /* the peers read it too */
	__u32 policy_room; /* of kidos: bytes of a policy's tables; 0: there is none */
};

/* -errno, and nothing is left loaded. */
int subject_load(struct subject *subject, enum subject_id id, const struct packet_kind *frame,
		 enum driver_shape shape, const struct subject_options *options);
void subject_unload(struct subject *subject);

/* NULL if the subject keeps no flows. */
struct bpf_map *subject_flows(const struct subject *subject);

/* Packets that found no room for their flow, 0 for a subject that keeps none. */
int subject_lost(const struct subject *subject, unsigned long long *packets);

/* Packets that are in the totals and neither in an entry nor retired, or the other way round. */
int subject_unaccounted(const struct subject *subject, long long *packets);

/* Says which flows a CPU sends from here on. */
int subject_steer(const struct subject *subject, unsigned int cpu,
		  const struct driver_state *state);

/* Runs the program on `packets` packets on the calling CPU; *ns of CPU time for each. */
int subject_run(const struct subject *subject, unsigned int packets, double *ns);

#endif
