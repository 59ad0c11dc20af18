/* SPDX-License-Identifier: MIT */
#include "links/programs.h"
#include "core/ladder.h"
#include "core/log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "traffic.skel.h"
#include "traffic_baseline.skel.h"

const char *const kidos_program_names[KIDOS_PROGRAMS] = { "kidos_xdp", "kidos_tc_ingress",
							  "kidos_tc_egress" };

struct kidos_traffic {
	struct bpf_object
		*objects[KIDOS_PROGRAMS]; /* each with its one program; NULL: not loaded */
	const struct kidos_maps *maps; /* the caller's */
	struct kidos_meta settings;
	unsigned int netns;
};

/* Best first. */
static const struct rung {
	const char *name;
	const void *(*elf)(size_t *size);
	__u32 baseline;
} rungs[] = {
	{ "set-associative table (kernel 5.12)", traffic_bpf__elf_bytes, 0 },
	{ "kernel hash map", traffic_baseline_bpf__elf_bytes, 1 },
};

static char last_words[256]; /* of libbpf, for the line that gives up */

static int keep_words(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN && !*last_words)
		vsnprintf(last_words, sizeof(last_words), format, arguments);
	return 0;
}

void kidos_libbpf_quiet(void)
{
	libbpf_set_print(keep_words);
}

/* Frames of more than one buffer (kernel 5.18): helper and flag came together. */
static bool has_xdp_frags(void)
{
	static int answer; /* 0 before it was asked */

	if (!answer)
		answer = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len,
						 NULL) == 1
				 ? 1
				 : -1;
	return answer > 0;
}

/* Without the flag, native XDP is refused where the MTU is larger than a page's frame. */
static int set_xdp_frags(struct bpf_object *object)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(object, kidos_program_names[KIDOS_PROGRAM_XDP]);

	if (!program)
		return -ENOENT;
	return has_xdp_frags() ? bpf_program__set_flags(program, bpf_program__flags(program) |
									 BPF_F_XDP_HAS_FRAGS)
			       : 0;
}

static int set_config(struct bpf_object *object, const struct kidos_hash_seed *seed,
		      const struct kidos_meta *settings, unsigned int netns)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct kidos_traffic_config config;
	size_t size;
	const void *initial = map ? bpf_map__initial_value(map, &size) : NULL;

	if (!initial || size != sizeof(config))
		return -EINVAL;
	memcpy(&config, initial, sizeof(config));
	config.seed = *seed;
	config.set_mask = settings->set_mask;
	config.idle = settings->idle;
	config.time_shift = (__u8)settings->time_shift;
	config.slots = settings->slots;
	config.ports_mask = settings->ports_mask;
	config.netns = netns;
	config.inner = (__u8)settings->inner;
	config.xdp_frags = has_xdp_frags();
	config.preemptible = !access("/sys/kernel/realtime", F_OK);
	return bpf_map__set_initial_value(map, &config, sizeof(config));
}

static __u32 entries_of(enum kidos_map map, const struct kidos_meta *settings)
{
	switch (map) {
	case KIDOS_MAP_PORTS:
		return settings->ports_mask + 1;
	case KIDOS_MAP_TOTALS:
		return settings->slots * KIDOS_DIRECTIONS;
	case KIDOS_MAP_RETIRED:
		return 2 * settings->slots * KIDOS_DIRECTIONS;
	case KIDOS_MAP_FLOWS:
		return settings->baseline ? (__u32)settings->max_flows : settings->set_mask + 1;
	case KIDOS_MAP_DETAILS:
		return settings->set_mask + 1;
	default:
		return 0; /* as compiled */
	}
}

static int set_entries(struct bpf_object *object, const struct kidos_maps *maps,
		       const struct kidos_meta *settings)
{
	int error = 0;

	for (int i = 0; !error && i < KIDOS_MAPS; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(object, kidos_map_set.rows[i].name);
		__u32 entries = entries_of(i, settings);

		if (map && maps->fd[i] < 0 && entries)
			error = bpf_map__set_max_entries(map, entries);
	}
	return error;
}

/* Not loaded yet; NULL with errno. */
static struct bpf_object *open_rung(const struct rung *rung, const struct kidos_maps *maps,
				    const struct kidos_meta *settings, unsigned int netns)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	size_t size;
	const void *elf = rung->elf(&size);
	struct bpf_object *object = bpf_object__open_mem(elf, size, &options);
	int error;

	if (!object)
		return NULL;
	error = set_config(object, &maps->seed, settings, netns);
	if (!error)
		error = set_xdp_frags(object);
	if (!error)
		error = set_entries(object, maps, settings);
	if (!error)
		error = kidos_map_set_give(&kidos_map_set, maps->fd, object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

static int load_program(struct kidos_traffic *traffic, enum kidos_program program)
{
	struct bpf_object *object = kidos_traffic_open(traffic, program);
	int error;

	if (!object)
		return -errno;
	error = bpf_object__load(object);
	if (error)
		bpf_object__close(object);
	else
		traffic->objects[program] = object;
	return error;
}

static void close_programs(struct kidos_traffic *traffic)
{
	for (int i = 0; i < KIDOS_PROGRAMS; i++) {
		bpf_object__close(traffic->objects[i]);
		traffic->objects[i] = NULL;
	}
}

struct loading {
	struct kidos_traffic *traffic;
	struct kidos_maps *maps;
	struct kidos_meta *settings;
	bool no_memory; /* a rung that takes as much later would not help */
	bool first; /* which rung it is to be is still open */
	__u32 baseline; /* else: this one's */
};

/*
 * One program tells whether the kernel takes the rung; the verifier spends 0.2
 * to 0.5 s on each. The maps are taken from it, so that every other finds them.
 */
static int load_rung(struct loading *loading, const struct rung *rung)
{
	struct kidos_traffic *traffic = loading->traffic;
	int error;

	loading->settings->baseline = rung->baseline;
	traffic->settings = *loading->settings;
	error = load_program(traffic, KIDOS_PROGRAM_TC_INGRESS);
	if (!error)
		error = kidos_map_set_take(&kidos_map_set, loading->maps->fd,
					   traffic->objects[KIDOS_PROGRAM_TC_INGRESS]);
	if (error)
		close_programs(traffic);
	return error;
}

static void log_failure(const struct rung *rung, int error)
{
	last_words[strcspn(last_words, "\n")] = '\0';
	kidos_log(LOG_NOTICE, "flow table as %s: %s (%s)", rung->name, strerror(-error),
		  *last_words ? last_words : "libbpf gave no reason");
}

static int try_rung(void *context, size_t index, char why[KIDOS_REASON])
{
	struct loading *loading = context;
	const struct rung *rung = &rungs[index];
	int error;

	(void)why;
	if (loading->no_memory || (!loading->first && rung->baseline != loading->baseline))
		return -ECANCELED;
	*last_words = '\0';
	error = load_rung(loading, rung);
	loading->no_memory = error == -ENOMEM;
	if (error && !loading->no_memory)
		log_failure(rung, error);
	return error;
}

struct kidos_traffic *kidos_traffic_load(struct kidos_maps *maps, struct kidos_meta *settings,
					 unsigned int netns)
{
	struct loading loading = {
		.traffic = calloc(1, sizeof(*loading.traffic)),
		.maps = maps,
		.settings = settings,
		.first = maps->fd[KIDOS_MAP_FLOWS] < 0,
		.baseline = settings->baseline,
	};
	char refused[KIDOS_REASON];
	size_t taken;
	int error = -ENOMEM;

	if (loading.first && getrandom(&maps->seed, sizeof(maps->seed), 0) != sizeof(maps->seed)) {
		free(loading.traffic);
		return NULL;
	}
	if (loading.traffic) {
		loading.traffic->maps = maps;
		loading.traffic->netns = netns;
		error = kidos_ladder(sizeof(rungs) / sizeof(rungs[0]), try_rung, &loading, &taken,
				     refused);
	}
	if (!error)
		return loading.traffic;
	free(loading.traffic);
	errno = -error;
	return NULL;
}

int kidos_traffic_maps(struct kidos_maps *maps, const struct kidos_meta *settings)
{
	struct bpf_object *object = open_rung(&rungs[0], maps, settings, 0);
	struct bpf_program *program;
	int error;

	if (!object)
		return -errno;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, false);
	error = bpf_object__load(object);
	if (!error)
		error = kidos_map_set_take(&kidos_map_set, maps->fd, object);
	bpf_object__close(object);
	return error;
}

void kidos_traffic_free(struct kidos_traffic *traffic)
{
	if (!traffic)
		return;
	close_programs(traffic);
	free(traffic);
}

struct bpf_object *kidos_traffic_open(const struct kidos_traffic *traffic,
				      enum kidos_program program)
{
	struct bpf_object *object = open_rung(&rungs[traffic->settings.baseline], traffic->maps,
					      &traffic->settings, traffic->netns);
	struct bpf_program *other;

	if (!object)
		return NULL;
	bpf_object__for_each_program (other, object)
		bpf_program__set_autoload(
			other, !strcmp(bpf_program__name(other), kidos_program_names[program]));
	return object;
}

uint32_t kidos_traffic_map(const struct kidos_maps *maps)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(maps->fd[KIDOS_MAP_TOTALS], &info, &size) ? 0 : info.id;
}

int kidos_traffic_fd(struct kidos_traffic *traffic, enum kidos_program program)
{
	int error = traffic->objects[program] ? 0 : load_program(traffic, program);

	return error ? error
		     : bpf_program__fd(bpf_object__find_program_by_name(
			       traffic->objects[program], kidos_program_names[program]));
}
