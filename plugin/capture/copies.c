/* SPDX-License-Identifier: MIT */
#include "capture/copies.h"
#include "links/entry.h"
#include "links/setup.h"
#include "state/ring.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy.skel.h"

struct kidos_copies {
	const struct kidos_maps *maps;
	struct bpf_object *object;
	int filters, counts;
	struct kidos_ring *ring;
	struct kidos_copy_filters all; /* as in the map */
	unsigned int read;
	void (*take)(void *context, const struct kidos_copy *copy);
	void *context;
};

static const struct {
	const char *name;
	enum kidos_program program;
} programs[] = {
	{ "kidos_copy_tc", KIDOS_PROGRAM_TC_INGRESS },
	{ "kidos_copy_xdp", KIDOS_PROGRAM_XDP },
};
#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool kidos_copies_at_xdp(const struct kidos_copies *copies)
{
	(void)copies;
	return kidos_has_xdp_frags();
}

static bool is_usable(size_t program)
{
	return programs[program].program != KIDOS_PROGRAM_XDP || kidos_has_xdp_frags();
}

static int set_programs(struct bpf_object *object)
{
	int error = 0;

	for (size_t i = 0; !error && i < PROGRAMS; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(object, programs[i].name);

		bpf_program__set_autoload(program, is_usable(i));
		/* As the array has it that it jumps by. */
		if (programs[i].program == KIDOS_PROGRAM_XDP && is_usable(i))
			error = bpf_program__set_flags(program, bpf_program__flags(program) |
									BPF_F_XDP_HAS_FRAGS);
	}
	return error;
}

static uint32_t in_eights(uint32_t size)
{
	return (size + 7) & ~7u;
}

static int set_up(struct bpf_object *object, const struct kidos_copies_plan *plan)
{
	const struct kidos_copy_config config = { .head = in_eights(plan->head),
						  .whole = in_eights(plan->whole),
						  .ports_mask = plan->maps->meta.ports_mask };
	int error = bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata"),
					       &config, sizeof(config));

	if (!error)
		error = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "copies"),
						 plan->ring);
	if (!error)
		error = set_programs(object);
	return error ? error : kidos_map_set_give(&kidos_map_set, plan->maps->fd, object);
}

static int map_of(const struct bpf_object *object, const char *name)
{
	return bpf_map__fd(bpf_object__find_map_by_name(object, name));
}

static void take_record(const void *record, size_t size, void *context)
{
	struct kidos_copies *copies = context;
	const struct kidos_copy *copy = record;

	if (size < sizeof(*copy) || copy->captured > size - sizeof(*copy))
		return;
	copies->read++;
	copies->take(copies->context, copy);
}

static int load(struct kidos_copies *copies, const struct kidos_copies_plan *plan)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	size_t size;
	const void *elf = copy_bpf__elf_bytes(&size);
	int error;

	copies->object = bpf_object__open_mem(elf, size, &options);
	if (!copies->object)
		return -errno;
	error = set_up(copies->object, plan);
	if (!error)
		error = bpf_object__load(copies->object);
	if (error)
		return error;
	copies->filters = map_of(copies->object, "copy_filters");
	copies->counts = map_of(copies->object, "copied");
	copies->ring = kidos_ring_open(map_of(copies->object, "copies"), take_record, copies);
	return copies->ring ? 0 : -errno;
}

struct kidos_copies *kidos_copies_open(const struct kidos_copies_plan *plan,
				       char reason[KIDOS_REASON])
{
	struct kidos_copies *copies;
	int error = -EOPNOTSUPP;

	if (!kidos_entry_usable()) {
		snprintf(reason, KIDOS_REASON, "on PREEMPT_RT mirror ports alone are captured");
		errno = EOPNOTSUPP;
		return NULL;
	}
	copies = calloc(1, sizeof(*copies));
	if (!copies)
		return NULL;
	copies->maps = plan->maps;
	error = load(copies, plan);
	if (!error)
		return copies;
	snprintf(reason, KIDOS_REASON, "the programs that copy packets do not load: %s",
		 strerror(-error));
	kidos_copies_close(copies);
	errno = -error;
	return NULL;
}

/* on: packets come by the programs from now on. */
static int precede(const struct kidos_copies *copies, bool on)
{
	int error = 0;

	for (size_t i = 0; !error && i < PROGRAMS; i++) {
		const struct kidos_entry_target *target = &kidos_entry_targets[programs[i].program];
		const struct bpf_program *program =
			bpf_object__find_program_by_name(copies->object, programs[i].name);

		if (!is_usable(i))
			continue;
		error = on ? kidos_entry_precede(copies->maps, target, bpf_program__fd(program))
			   : kidos_entry_alone(copies->maps, target);
	}
	return error;
}

void kidos_copies_close(struct kidos_copies *copies)
{
	if (!copies)
		return;
	if (kidos_copies_armed(copies))
		precede(copies, false);
	kidos_ring_close(copies->ring);
	bpf_object__close(copies->object);
	free(copies);
}

bool kidos_copies_armed(const struct kidos_copies *copies)
{
	for (size_t i = 0; i < KIDOS_COPY_FILTERS; i++)
		if (copies->all.filters[i].armed)
			return true;
	return false;
}

static int write_filters(struct kidos_copies *copies)
{
	const __u32 zero = 0;

	copies->all.count = 0;
	for (unsigned int i = 0; i < KIDOS_COPY_FILTERS; i++)
		if (copies->all.filters[i].armed)
			copies->all.count = i + 1;
	return bpf_map_update_elem(copies->filters, &zero, &copies->all, BPF_ANY) ? -errno : 0;
}

int kidos_copies_arm(struct kidos_copies *copies, unsigned int number,
		     const struct kidos_copy_filter *filter)
{
	bool first = !kidos_copies_armed(copies);
	int error;

	copies->all.filters[number] = *filter;
	copies->all.filters[number].armed = 1;
	error = write_filters(copies);
	if (!error && first)
		error = precede(copies, true);
	if (error)
		kidos_copies_disarm(copies, number);
	return error;
}

int kidos_copies_disarm(struct kidos_copies *copies, unsigned int number)
{
	int error;

	copies->all.filters[number] = (struct kidos_copy_filter){};
	error = write_filters(copies);
	if (!kidos_copies_armed(copies))
		error = precede(copies, false) ?: error;
	return error;
}

int kidos_copies_count(const struct kidos_copies *copies, unsigned int number,
		       struct kidos_copied *count)
{
	struct kidos_copied *each = calloc(copies->maps->cpus, sizeof(*each));
	int error = each ? 0 : -ENOMEM;

	*count = (struct kidos_copied){};
	if (!error && bpf_map_lookup_elem(copies->counts, &number, each))
		error = -errno;
	for (unsigned int i = 0; !error && i < copies->maps->cpus; i++) {
		count->matched.packets += each[i].matched.packets;
		count->matched.bytes += each[i].matched.bytes;
		count->lost += each[i].lost;
	}
	free(each);
	return error;
}

unsigned int kidos_copies_read(struct kidos_copies *copies,
			       void (*take)(void *context, const struct kidos_copy *copy),
			       void *context)
{
	copies->read = 0;
	copies->take = take;
	copies->context = context;
	kidos_ring_consume(copies->ring);
	return copies->read;
}
