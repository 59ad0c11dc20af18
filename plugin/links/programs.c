/* SPDX-License-Identifier: MIT */
#include "links/programs.h"
#include "core/ladder.h"
#include "core/log.h"
#include "links/entry.h"
#include "links/setup.h"
#include "netlink/cleanup.h"

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
	bool shares; /* what counts; else the namespace has counting programs of its own */
	int entry[KIDOS_PROGRAMS]; /* descriptors, or -1 */
	struct bpf_object *own[KIDOS_PROGRAMS]; /* each with its one program; NULL: not loaded */
	struct kidos_maps *maps; /* the caller's */
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
	config.sizes = settings->sizes;
	config.xdp_frags = kidos_has_xdp_frags();
	config.preemptible = !kidos_entry_usable();
	config.policy_room = settings->policy_room;
	config.policy_ticks = (__u32)(1000000000u / (settings->unit_ns >> settings->time_shift));
	return bpf_map__set_initial_value(map, &config, sizeof(config));
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
		error = kidos_allow_xdp_frags(object);
	if (!error)
		error = kidos_set_entries(object, maps, settings);
	if (!error)
		error = kidos_map_set_give(&kidos_map_set, maps->fd, object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

/* Not loaded yet, with this program alone; NULL with errno. */
static struct bpf_object *open_program(const struct kidos_traffic *traffic,
				       enum kidos_program program, unsigned int netns)
{
	struct bpf_object *object = open_rung(&rungs[traffic->settings.baseline], traffic->maps,
					      &traffic->settings, netns);
	struct bpf_program *other;

	if (!object)
		return NULL;
	bpf_object__for_each_program (other, object)
		bpf_program__set_autoload(
			other, !strcmp(bpf_program__name(other), kidos_program_names[program]));
	return object;
}

/* The maps are taken from it, so that every other finds them. NULL with errno. */
static struct bpf_object *load_program(struct kidos_traffic *traffic, enum kidos_program program,
				       unsigned int netns)
{
	struct bpf_object *object = open_program(traffic, program, netns);
	int error;

	if (!object)
		return NULL;
	error = bpf_object__load(object);
	if (!error)
		error = kidos_map_set_take(&kidos_map_set, traffic->maps->fd, object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

static const struct bpf_program *program_in(const struct bpf_object *object,
					    enum kidos_program program)
{
	return bpf_object__find_program_by_name(object, kidos_program_names[program]);
}

static int load_shared(struct kidos_traffic *traffic, enum kidos_program program)
{
	const struct kidos_entry_target *target = &kidos_entry_targets[program];
	struct bpf_object *object;
	int error;

	if (kidos_entry_has(traffic->maps, target))
		return 0;
	object = load_program(traffic, target->program, KIDOS_NETNS_OF_ENTRY);
	if (!object)
		return -errno;
	error = kidos_entry_set(traffic->maps, target, program_in(object, target->program));
	bpf_object__close(object);
	return error;
}

static int load_own(struct kidos_traffic *traffic, enum kidos_program program)
{
	if (!traffic->own[program])
		traffic->own[program] = load_program(traffic, program, traffic->netns);
	return traffic->own[program] ? 0 : -errno;
}

/* The verifier spends 0.2 to 0.5 s on a counting program. */
static int load(struct kidos_traffic *traffic, enum kidos_program program)
{
	return traffic->shares ? load_shared(traffic, program) : load_own(traffic, program);
}

struct loading {
	struct kidos_traffic *traffic;
	struct kidos_meta *settings;
	bool no_room; /* of memory or descriptors: the other rung takes as much */
	bool first; /* which rung it is to be is still open */
	__u32 baseline; /* else: this one's */
};

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
	if (loading->no_room || (!loading->first && rung->baseline != loading->baseline))
		return -ECANCELED;
	*last_words = '\0';
	loading->settings->baseline = rung->baseline;
	loading->traffic->settings = *loading->settings;
	/* One program tells whether the kernel takes the rung. */
	error = load(loading->traffic, KIDOS_PROGRAM_TC_INGRESS);
	loading->no_room = error == -ENOMEM || error == -EMFILE;
	if (error && !loading->no_room)
		log_failure(rung, error);
	return error;
}

static int load_traffic(struct kidos_traffic *traffic, struct kidos_meta *settings)
{
	struct kidos_maps *maps = traffic->maps;
	struct loading loading = {
		.traffic = traffic,
		.settings = settings,
		.first = maps->fd[KIDOS_MAP_FLOWS] < 0,
		.baseline = settings->baseline,
	};
	char refused[KIDOS_REASON];
	size_t taken;

	if (loading.first && getrandom(&maps->seed, sizeof(maps->seed), 0) != sizeof(maps->seed))
		return -errno;
	traffic->shares = kidos_entry_usable();
	if (traffic->shares) {
		int error = kidos_entry_load(maps, traffic->netns, traffic->entry);

		if (error)
			return error;
	}
	return kidos_ladder(sizeof(rungs) / sizeof(rungs[0]), try_rung, &loading, &taken, refused);
}

struct kidos_traffic *kidos_traffic_load(struct kidos_maps *maps, struct kidos_meta *settings,
					 unsigned int netns)
{
	struct kidos_traffic *traffic = calloc(1, sizeof(*traffic));
	int error;

	if (!traffic)
		return NULL;
	*traffic = (struct kidos_traffic){ .maps = maps,
					   .netns = netns,
					   .entry = KIDOS_NO_MAPS(KIDOS_PROGRAMS) };
	error = load_traffic(traffic, settings);
	if (!error)
		return traffic;
	kidos_traffic_free(traffic);
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
	for (int i = 0; i < KIDOS_PROGRAMS; i++) {
		bpf_object__close(traffic->own[i]);
		kn_close_fd(&traffic->entry[i]);
	}
	free(traffic);
}

struct bpf_object *kidos_traffic_open(const struct kidos_traffic *traffic,
				      enum kidos_program program)
{
	return open_program(traffic, program, traffic->netns);
}

uint32_t kidos_traffic_map(const struct kidos_traffic *traffic)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(traffic->maps->fd[KIDOS_MAP_TOTALS], &info, &size) ? 0
											 : info.id;
}

int kidos_traffic_fd(struct kidos_traffic *traffic, enum kidos_program program)
{
	int error = load(traffic, program);

	if (error)
		return error;
	return traffic->shares ? traffic->entry[program]
			       : bpf_program__fd(program_in(traffic->own[program], program));
}
