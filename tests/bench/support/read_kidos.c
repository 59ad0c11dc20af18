/* SPDX-License-Identifier: MIT */
/* read_kidos.c: the plugin's own reader at work: deltas, top flows, series. */
#include "read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/flow_key.h"
#include "flows/series.h"
#include "flows/reader.h"

#define SLOT 1
#define TOP 100
#define LOOPBACK 1 /* the interface that test runs come from */

static struct kidos_meta meta;
static struct kidos_reader reader;
static struct kidos_flow_series series;
static struct kidos_flow_set *table; /* mapped once, as the plugin does */
static size_t table_size;
static unsigned long before; /* KiB */

static unsigned long anonymous_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

static void gained(void *context, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	struct read_result *result = context;

	result->packets += count->packets;
	result->flows++;
	kidos_series_add(&series, key, count);
}

/* Flows of an interface that has a slot of its own: others have no series. */
static int give_slot(const struct bpf_object *object, const struct kidos_traffic_config *config)
{
	struct bpf_map *ports = bpf_object__find_map_by_name(object, "ports");
	struct kidos_port port = { .netns = config->netns,
				   .ifindex = LOOPBACK,
				   .slot = SLOT,
				   .flags = KIDOS_PORT_ETHERNET };
	__u32 index = kidos_port_home(config->netns, LOOPBACK) & config->ports_mask;

	if (!ports || bpf_map_update_elem(bpf_map__fd(ports), &index, &port, BPF_ANY))
		return -ENOENT;
	return 0;
}

static int map_table(struct bpf_map *map)
{
	table_size = bpf_map__max_entries(map) * sizeof(*table);
	table = mmap(NULL, table_size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (table != MAP_FAILED)
		return 0;
	table = NULL;
	return -errno;
}

static const struct kidos_privacy open_to_all;

int read_kidos_open(const struct subject *subject)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(subject->object, ".rodata");
	struct kidos_traffic_config settings;
	const struct kidos_flow_settings configured = {
		.enabled = true,
		.top_flows = TOP,
		.max_flow_series = TOP,
		.flow_key = KIDOS_SERIES_FIVE_TUPLE, /* a million keys, the most there can be */
	};
	__u32 zero = 0;
	int error;

	if (!rodata || bpf_map_lookup_elem(bpf_map__fd(rodata), &zero, &settings))
		return -ENOENT;
	meta = (struct kidos_meta){ .set_mask = settings.set_mask,
				    .idle = settings.idle,
				    .slots = settings.slots,
				    .unit_ns = 4000000 };
	before = anonymous_kib();
	error = give_slot(subject->object, &settings);
	if (!error)
		error = map_table(subject_flows(subject));
	if (!error)
		error = kidos_series_init(&series, &configured, &open_to_all, meta.slots,
					  kidos_key_seed());
	if (!error)
		error = kidos_reader_init(&reader, &meta, gained, NULL);
	return error;
}

void read_kidos_close(void)
{
	if (table)
		munmap(table, table_size);
	table = NULL;
	kidos_reader_free(&reader);
	kidos_series_free(&series);
}

int read_kidos(const struct subject *subject, struct read_result *result)
{
	static const char *instances[KIDOS_SLOTS_MAX] = { [SLOT] = "bench" };

	(void)subject;
	reader.context = result;
	kidos_series_begin(&series);
	kidos_reader_begin(&reader);
	kidos_reader_table(&reader, table, table_size / sizeof(*table));
	kidos_series_select(&series, instances, 0);
	kidos_series_settle(&series);
	result->resident_kib = anonymous_kib() - before;
	return 0;
}
