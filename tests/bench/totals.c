/* SPDX-License-Identifier: MIT */
/*
 * totals: adds up what pinned traffic maps hold, and fails unless every packet
 * of the totals is in an entry of the flow table or in retired. Not while
 * packets arrive: the maps are read one after the other.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi.h"

static int open_map(const char *folder, const char *name, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = bpf_obj_get(path);
	memset(info, 0, sizeof(*info));
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, info, &size)) {
		fprintf(stderr, "totals: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return fd;
}

/* Only IP packets have flows: ARP and other EtherTypes are left out everywhere. */
static unsigned long long sum_totals(const char *folder)
{
	const int cpus = libbpf_num_possible_cpus();
	struct kidos_totals *values = calloc(cpus, sizeof(*values));
	unsigned long long sum = 0;
	struct bpf_map_info info;
	const int fd = open_map(folder, "totals", &info);
	__u32 key;
	int cpu, class;

	for (key = 0; values && key < info.max_entries; key++) {
		if (bpf_map_lookup_elem(fd, &key, values))
			continue;
		for (cpu = 0; cpu < cpus; cpu++) {
			for (class = 0; class < KIDOS_CLASS_ARP; class ++)
				sum += values[cpu].hook[class].packets +
				       values[cpu].extra[class].packets;
		}
	}
	free(values);
	return sum;
}

static unsigned long long sum_retired(const char *folder)
{
	unsigned long long sum = 0;
	struct kidos_retired value;
	struct bpf_map_info info;
	const int fd = open_map(folder, "retired", &info);
	__u32 key;
	int class;

	for (key = 0; key < info.max_entries; key++) {
		if (bpf_map_lookup_elem(fd, &key, &value))
			continue;
		for (class = 0; class < KIDOS_CLASS_ARP; class ++)
			sum += value.classes[class].packets;
	}
	return sum;
}

static unsigned long long sum_flows(const char *folder)
{
	const struct kidos_flow_set *table;
	unsigned long long sum = 0;
	struct bpf_map_info info;
	const int fd = open_map(folder, "flows", &info);
	const size_t size = (size_t)info.max_entries * sizeof(*table);
	size_t i;
	int way;

	table = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (table == MAP_FAILED) {
		perror("totals: flows");
		exit(2);
	}
	for (i = 0; i < info.max_entries; i++) {
		for (way = 0; way < KIDOS_WAYS; way++)
			sum += table[i].ways[way].state >> KIDOS_STATE_PACKETS_SHIFT;
	}
	munmap((void *)table, size);
	return sum;
}

int main(int argc, char **argv)
{
	unsigned long long totals, live, retired;

	if (argc != 2) {
		fprintf(stderr, "usage: totals FOLDER_OF_PINNED_MAPS\n");
		return 2;
	}
	totals = sum_totals(argv[1]);
	live = sum_flows(argv[1]);
	retired = sum_retired(argv[1]);
	printf("%llu packets, %llu in flows, %llu retired\n", totals, live, retired);
	return totals != live + retired;
}
