/* SPDX-License-Identifier: MIT */
#include "state/maps.h"
#include "abi_capture.h"
#include "netlink/cleanup.h"
#include "abi_policy.h"
#include "parse.h"
#include "state/view.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* meta is the last: who finds it finds everything. */
static const struct kidos_map_row rows[KIDOS_MAPS] = {
	[KIDOS_MAP_PORTS] = { "ports", 0, sizeof(__u32), sizeof(struct kidos_port) },
	[KIDOS_MAP_TOTALS] = { "totals", 0, sizeof(__u32), sizeof(struct kidos_totals) },
	[KIDOS_MAP_RETIRED] = { "retired", 0, sizeof(__u32), sizeof(struct kidos_retired) },
	[KIDOS_MAP_EVENTS] = { "events", 0, sizeof(__u32), sizeof(__u64), KIDOS_EVENTS },
	[KIDOS_MAP_ORIGIN] = { "origin", 0, sizeof(__u32), sizeof(struct kidos_origin), 1 },
	[KIDOS_MAP_XDP_PROGRAM] = { "xdp_program", BPF_MAP_TYPE_PROG_ARRAY, sizeof(__u32),
				    sizeof(__u32), KIDOS_ENTRY_PROGRAMS },
	[KIDOS_MAP_TC_PROGRAM] = { "tc_program", BPF_MAP_TYPE_PROG_ARRAY, sizeof(__u32),
				   sizeof(__u32), KIDOS_ENTRY_PROGRAMS },
	[KIDOS_MAP_FLOWS] = { "flows" }, /* sets, or a hash map's entries */
	[KIDOS_MAP_DETAILS] = { "details", 0, sizeof(__u32), sizeof(struct kidos_detail_set) },
	[KIDOS_MAP_SPILLS] = { "spills" },
	[KIDOS_MAP_SPILLING] = { "spilling", 0, sizeof(__u32), sizeof(struct kidos_spilling), 1 },
	[KIDOS_MAP_CLOSING] = { "closing", 0, sizeof(__u32), sizeof(__u32), 1 },
	[KIDOS_MAP_POLICY] = { "policy", 0, sizeof(__u32), sizeof(struct kidos_policy_control), 1 },
	[KIDOS_MAP_POLICY_SLOTS] = { "policy_slots", 0, sizeof(__u32),
				     sizeof(struct kidos_policy_slot) },
	[KIDOS_MAP_POLICY_TABLES] = { "policy_tables", 0, sizeof(__u32), sizeof(__u32),
				      KIDOS_POLICY_TABLES },
	[KIDOS_MAP_POLICY_MARK] = { "policy_mark", 0, sizeof(__u32), sizeof(__u64), 1 },
	[KIDOS_MAP_POLICY_SEEN] = { "policy_seen", 0, sizeof(__u32),
				    sizeof(struct kidos_policy_seen), KIDOS_POLICY_SEEN },
	[KIDOS_MAP_POLICY_ALERTS] = { "policy_alerts" },
	[KIDOS_MAP_SOCKETS] = { "sockets", 0, sizeof(__u32), sizeof(__u32),
				KIDOS_MIRRORS *KIDOS_MIRROR_QUEUES },
	[KIDOS_MAP_MIRRORED] = { "mirrored", 0, sizeof(__u32), sizeof(struct kidos_mirrored),
				 KIDOS_MIRRORS },
	[KIDOS_MAP_SLOTS] = { "slots", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
			      sizeof(struct kidos_slot) },
	[KIDOS_MAP_META] = { "meta", BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct kidos_meta),
			     1 },
};
const struct kidos_map_set kidos_map_set = KIDOS_MAP_SET(rows);

/* meta first: another version's maps may have other sizes, and it tells which version. */
static int open_all(struct kidos_maps *maps, const char *path, enum kidos_map_access access)
{
	int meta = kidos_map_open(&rows[KIDOS_MAP_META], path, access), error;

	if (meta < 0)
		return meta;
	error = kidos_map_read(meta, 0, &maps->meta);
	close(meta);
	if (error || maps->meta.abi != KIDOS_ABI_VERSION)
		return error ? error : -EPROTO;
	error = kidos_map_set_open(&kidos_map_set, maps->fd, path, access);
	return !error && maps->fd[KIDOS_MAP_META] < 0 ? -ENOENT : error;
}

int kidos_maps_open(struct kidos_maps *maps, const char *path, enum kidos_map_access access)
{
	int error;

	*maps = (struct kidos_maps)KIDOS_MAPS_NONE;
	maps->cpus = kidos_possible_cpus();
	error = open_all(maps, path, access);
	if (error)
		kidos_maps_close(maps);
	return error;
}

/*
 * An entry that changed hands between two copies was not read whole. The
 * second copy's key was read between the two states; the first's was not.
 */
static void settle_flows(void *first, const void *second)
{
	const struct kidos_flow_set *after = second;
	struct kidos_flow_set *before = first;

	for (int i = 0; i < KIDOS_WAYS; i++) {
		__u32 changed = (__u32)(before->ways[i].state ^ after->ways[i].state);

		if (changed & ~KIDOS_STATE_OVERFLOWED)
			before->ways[i].state |= KIDOS_STATE_WRITING;
		else
			before->ways[i] = after->ways[i];
	}
}

static void settle_details(void *first, const void *second)
{
	(void)first;
	(void)second;
}

int kidos_maps_mmap(struct kidos_maps *maps)
{
	size_t sets = (size_t)maps->meta.set_mask + 1;
	int error;

	if (maps->meta.baseline)
		return 0;
	maps->sets = sets;
	error = kidos_view(maps->fd[KIDOS_MAP_FLOWS], sets, sizeof(*maps->flows), settle_flows,
			   (const void **)&maps->flows);
	if (error)
		return error;
	return kidos_view(maps->fd[KIDOS_MAP_DETAILS], sets, sizeof(*maps->details), settle_details,
			  (const void **)&maps->details);
}

void kidos_maps_close(struct kidos_maps *maps)
{
	if (maps->flows)
		munmap((void *)(uintptr_t)maps->flows, maps->sets * sizeof(*maps->flows));
	if (maps->details)
		munmap((void *)(uintptr_t)maps->details, maps->sets * sizeof(*maps->details));
	maps->flows = NULL;
	maps->details = NULL;
	for (int i = 0; i < KIDOS_ENTRY_TARGETS; i++) {
		kn_close_fd(&maps->counting[i]);
		maps->counting[i] = -1;
	}
	kidos_map_set_close(&kidos_map_set, maps->fd);
}

static int lookup(const struct kidos_maps *maps, enum kidos_map map, unsigned int key, void *value)
{
	return bpf_map_lookup_elem(maps->fd[map], &key, value) ? -errno : 0;
}

/* Values per CPU are arrays of u64: sums them word by word. */
static int lookup_sum(const struct kidos_maps *maps, enum kidos_map map, unsigned int key,
		      uint64_t *sum, size_t words)
{
	_cleanup_free_ uint64_t *values = calloc(maps->cpus, words * sizeof(*values));
	int error = values ? lookup(maps, map, key, values) : -ENOMEM;

	memset(sum, 0, words * sizeof(*sum));
	for (size_t i = 0; !error && i < maps->cpus * words; i++)
		sum[i % words] += values[i];
	return error;
}

int kidos_maps_totals(const struct kidos_maps *maps, unsigned int slot, unsigned int direction,
		      struct kidos_totals *totals)
{
	return lookup_sum(maps, KIDOS_MAP_TOTALS, slot * KIDOS_DIRECTIONS + direction,
			  (uint64_t *)totals, sizeof(*totals) / sizeof(uint64_t));
}

/* Place of what the plugin retired; the programs' is as far from the beginning. */
static unsigned int retired_by_plugin(const struct kidos_maps *maps, unsigned int slot,
				      unsigned int direction)
{
	return (maps->meta.slots + slot) * KIDOS_DIRECTIONS + direction;
}

int kidos_maps_retired(const struct kidos_maps *maps, unsigned int slot, unsigned int direction,
		       struct kidos_retired *retired)
{
	struct kidos_retired ours;
	int error = lookup(maps, KIDOS_MAP_RETIRED, slot * KIDOS_DIRECTIONS + direction, retired);

	if (!error)
		error = lookup(maps, KIDOS_MAP_RETIRED, retired_by_plugin(maps, slot, direction),
			       &ours);
	for (unsigned int c = 0; !error && c < KIDOS_CLASSES; c++) {
		retired->classes[c].packets += ours.classes[c].packets;
		retired->classes[c].bytes += ours.classes[c].bytes;
	}
	return error;
}

int kidos_maps_events(const struct kidos_maps *maps, uint64_t events[KIDOS_EVENTS])
{
	struct kidos_spilling spilling = {};

	/* First, so that what was lost is in the events that were spilled. */
	if (maps->fd[KIDOS_MAP_SPILLING] >= 0 && lookup(maps, KIDOS_MAP_SPILLING, 0, &spilling))
		return -errno;
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++) {
		int error = lookup_sum(maps, KIDOS_MAP_EVENTS, i, &events[i], 1);

		if (error)
			return error;
	}
	if (spilling.lost > events[KIDOS_EVENT_SPILLED])
		spilling.lost = events[KIDOS_EVENT_SPILLED];
	events[KIDOS_EVENT_SPILLED] -= spilling.lost;
	events[KIDOS_EVENT_SPILL_LOST] += spilling.lost;
	return 0;
}

int kidos_maps_slot(const struct kidos_maps *maps, unsigned int index, struct kidos_slot *slot)
{
	return lookup(maps, KIDOS_MAP_SLOTS, index, slot);
}

static int update(const struct kidos_maps *maps, enum kidos_map map, const void *key,
		  const void *value)
{
	return bpf_map_update_elem(maps->fd[map], key, value, BPF_ANY) ? -errno : 0;
}

int kidos_maps_set_slot(const struct kidos_maps *maps, unsigned int index,
			const struct kidos_slot *slot)
{
	return update(maps, KIDOS_MAP_SLOTS, &index, slot);
}

int kidos_maps_set_meta(const struct kidos_maps *maps, const struct kidos_meta *meta)
{
	unsigned int zero = 0;

	return update(maps, KIDOS_MAP_META, &zero, meta);
}

/* The place of (netns, ifindex), or else the first free one; -ENOSPC without either. */
static int find_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
		     unsigned int *index)
{
	unsigned int home = kidos_port_home(netns, ifindex);
	struct kidos_port port;
	int error = -ENOSPC;

	for (unsigned int i = 0; i < KIDOS_PORT_PROBES; i++) {
		unsigned int place = (home + i) & maps->meta.ports_mask;

		if (lookup(maps, KIDOS_MAP_PORTS, place, &port))
			return -errno;
		if (port.ifindex == ifindex && port.netns == netns) {
			*index = place;
			return 0;
		}
		if (error && (!port.ifindex || port.ifindex == KIDOS_PORT_GONE)) {
			*index = place;
			error = 0;
		}
	}
	return error;
}

int kidos_maps_set_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			unsigned int slot, unsigned int flags)
{
	struct kidos_port port = {
		.netns = netns, .ifindex = ifindex, .slot = slot, .flags = flags
	};
	unsigned int index;
	int error = find_port(maps, netns, ifindex, &index);

	return error ? error : update(maps, KIDOS_MAP_PORTS, &index, &port);
}

/* An entry that is there; its place, or -errno. */
static int look_up_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			unsigned int *index, struct kidos_port *port)
{
	int error = find_port(maps, netns, ifindex, index);

	if (!error)
		error = lookup(maps, KIDOS_MAP_PORTS, *index, port);
	if (!error && (port->ifindex != ifindex || port->netns != netns))
		error = -ENOENT;
	return error;
}

int kidos_maps_port_flags(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex)
{
	struct kidos_port port;
	unsigned int index;
	int error = look_up_port(maps, netns, ifindex, &index, &port);

	return error ? error : (int)port.flags;
}

int kidos_maps_mark_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			 unsigned int mask, unsigned int flags)
{
	struct kidos_port port;
	unsigned int index;
	int error = look_up_port(maps, netns, ifindex, &index, &port);

	if (error || (port.flags & mask) == (flags & mask))
		return error;
	port.flags = (port.flags & ~mask) | (flags & mask);
	return update(maps, KIDOS_MAP_PORTS, &index, &port);
}

int kidos_maps_forget_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex)
{
	/* Not 0: that would end the programs' search for those that lie behind. */
	const struct kidos_port gone = { .ifindex = KIDOS_PORT_GONE };
	struct kidos_port port;
	unsigned int index;
	int error = find_port(maps, netns, ifindex, &index);

	if (!error)
		error = lookup(maps, KIDOS_MAP_PORTS, index, &port);
	if (error || port.ifindex != ifindex)
		return error;
	return update(maps, KIDOS_MAP_PORTS, &index, &gone);
}

int kidos_maps_retire(const struct kidos_maps *maps, const struct kidos_flow_key *key,
		      uint64_t packets, uint64_t bytes)
{
	unsigned int slot = key->meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK;
	unsigned int direction = key->meta >> KIDOS_META_DIRECTION_SHIFT & 1;
	unsigned int index = retired_by_plugin(maps, slot, direction);
	unsigned int class = kidos_class_of((__u8)key->meta);
	struct kidos_retired retired;
	int error = lookup(maps, KIDOS_MAP_RETIRED, index, &retired);

	if (error)
		return error;
	retired.classes[class].packets += packets;
	retired.classes[class].bytes += bytes;
	return update(maps, KIDOS_MAP_RETIRED, &index, &retired);
}

int kidos_maps_clear_slot(const struct kidos_maps *maps, unsigned int slot)
{
	_cleanup_free_ struct kidos_totals *none = calloc(maps->cpus, sizeof(*none));
	const struct kidos_retired nothing = {};
	int error = none ? 0 : -ENOMEM;

	for (unsigned int d = 0; !error && d < KIDOS_DIRECTIONS; d++) {
		unsigned int index = slot * KIDOS_DIRECTIONS + d;
		unsigned int ours = retired_by_plugin(maps, slot, d);

		error = update(maps, KIDOS_MAP_TOTALS, &index, none);
		if (!error)
			error = update(maps, KIDOS_MAP_RETIRED, &index, &nothing);
		if (!error)
			error = update(maps, KIDOS_MAP_RETIRED, &ours, &nothing);
	}
	return error;
}

unsigned int kidos_possible_cpus(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus > 0 ? (unsigned int)cpus : 1;
}
