/* SPDX-License-Identifier: MIT */
#include "policy/in_force.h"
#include "netlink/cleanup.h"
#include "policy/table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>

static size_t control_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct kidos_policy_control) + page - 1) / page * page;
}

int kidos_in_force_open(struct kidos_in_force *force, const struct kidos_maps *maps,
			const struct kidos_meta *meta)
{
	void *control = mmap(NULL, control_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
			     maps->fd[KIDOS_MAP_POLICY], 0);

	if (control == MAP_FAILED)
		return -errno;
	*force = (struct kidos_in_force){
		.maps = maps, .room = meta->policy_room, .slots = meta->slots, .control = control
	};
	return 0;
}

void kidos_in_force_close(struct kidos_in_force *force)
{
	if (force->control)
		munmap(force->control, control_size());
	force->control = NULL;
	kidos_policy_free(&force->file);
}

/* The next of this one's or of the other half of the tables; never 0, which is off. */
static uint32_t generation_after(uint32_t generation, uint32_t step)
{
	generation += step;
	return generation > KIDOS_GENERATION_MAX ? 2 + (generation & 1) : generation;
}

static int fill(int map, const struct kidos_policy *policy, enum kidos_policy_family family,
		uint32_t room)
{
	struct kidos_policy_table *table =
		mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	int error;

	if (table == MAP_FAILED)
		return -errno;
	error = kidos_policy_fill(policy, family, table, room);
	munmap(table, room);
	return error;
}

/* A table at a place that nobody looks at now. */
static int put_table(struct kidos_in_force *force, uint32_t place,
		     const struct kidos_policy *policy, enum kidos_policy_family family)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	_cleanup_fd_ int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kidos_policy", sizeof(__u32),
					      force->room, 1, &options);
	int error = map < 0 ? -errno : fill(map, policy, family, force->room);

	if (error)
		return error;
	if (bpf_map_update_elem(force->maps->fd[KIDOS_MAP_POLICY_TABLES], &place, &map, BPF_ANY))
		return -errno;
	force->places[place] = true;
	return 0;
}

static void clear_table(struct kidos_in_force *force, uint32_t place)
{
	if (force->places[place])
		bpf_map_delete_elem(force->maps->fd[KIDOS_MAP_POLICY_TABLES], &place);
	force->places[place] = false;
}

/* All of a half: also the places that the file has no table for. */
static int put_tables(struct kidos_in_force *force, const struct kidos_policy_file *file,
		      uint32_t generation)
{
	int error = 0;

	for (uint32_t p = 0; !error && p < KIDOS_POLICIES_MAX; p++)
		for (uint32_t f = 0; !error && f < KIDOS_POLICY_FAMILIES; f++) {
			uint32_t place = kidos_policy_place(generation, p, f);

			if (p < file->count && file->policies[p].families[f])
				error = put_table(force, place, &file->policies[p], f);
			else
				clear_table(force, place);
		}
	return error;
}

static int put_slot(struct kidos_in_force *force, unsigned int index, uint32_t generation,
		    uint8_t policy)
{
	int map = force->maps->fd[KIDOS_MAP_POLICY_SLOTS];
	struct kidos_policy_slot slot;
	int error = kidos_map_read(map, index, &slot);

	if (error || slot.policy[generation & 1] == policy)
		return error;
	slot.policy[generation & 1] = policy;
	return kidos_map_write(map, index, &slot);
}

/* All interfaces without a slot have the file's first policy. */
static int put_slots(struct kidos_in_force *force, const struct kidos_policy_file *file,
		     const struct kidos_slot *slots, uint32_t generation)
{
	int error = put_slot(force, KIDOS_SLOT_OTHER, generation, 0);

	for (unsigned int i = 1; !error && i < force->slots; i++)
		error = put_slot(force, i, generation,
				 (uint8_t)kidos_policy_for_slot(file, &slots[i]));
	return error;
}

static void publish(struct kidos_in_force *force)
{
	__atomic_store_n(&force->control->generation, force->is_on ? force->generation : 0,
			 __ATOMIC_RELEASE);
}

/*
 * The former tables stay until the next file: a program that saw the former
 * generation may be about to look at them. Each update of the map waits for the
 * programs under way, so none is there that saw the one before.
 */
int kidos_in_force_put(struct kidos_in_force *force, struct kidos_policy_file *file,
		       const struct kidos_slot *slots)
{
	uint32_t next = generation_after(force->generation, 1);
	int error = put_tables(force, file, next);

	if (!error)
		error = put_slots(force, file, slots, next);
	if (error)
		return error;
	kidos_policy_free(&force->file);
	force->file = *file;
	*file = (struct kidos_policy_file){};
	force->generation = next;
	publish(force);
	return 0;
}

void kidos_in_force_switch(struct kidos_in_force *force, bool on)
{
	if (on && !force->is_on && force->file.count)
		force->generation = generation_after(force->generation, 2);
	force->is_on = on && force->file.count;
	publish(force);
}

void kidos_in_force_slot(struct kidos_in_force *force, unsigned int slot,
			 const struct kidos_slot *interface)
{
	uint8_t policy = (uint8_t)kidos_policy_for_slot(&force->file, interface);
	struct kidos_policy_slot before;

	if (!force->file.count ||
	    kidos_map_read(force->maps->fd[KIDOS_MAP_POLICY_SLOTS], slot, &before) ||
	    before.policy[force->generation & 1] == policy)
		return;
	put_slot(force, slot, force->generation, policy);
	/* What was judged by another policy is judged again: by the same tables, so two ahead. */
	force->generation = generation_after(force->generation, 2);
	publish(force);
}
