/* SPDX-License-Identifier: MIT */
/*
 * fold.c: counts of owners that have not moved for long are added up, so that
 * there is room for those to come. Who is gone cannot be known: one that
 * comes back begins anew.
 */
#include "connects/connects.h"
#include "netlink/cleanup.h"
#include "state/elements.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#define STILL 2u /* polls */

struct folding {
	struct connects *connects;
	struct kidos_connect_owner owners[KIDOS_CONNECT_OWNERS];
	size_t count;
	struct kidos_connect_failure failures[KIDOS_CONNECT_FAILURES];
	size_t failure_count;
};

struct candidate {
	struct kidos_connect_owner owner;
	unsigned int moved;
};

static int longest_first(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return (left->moved > right->moved) - (left->moved < right->moved);
}

static bool may_go(const struct connects *connects, const struct kidos_connect_entry *entry)
{
	static const struct kidos_connect_owner nobody;

	return connects->polls - entry->moved >= STILL && !entry->live.sockets &&
	       memcmp(&entry->owner, &nobody, sizeof(nobody)) &&
	       !KIDOS_CONNECT_IS_GONE(&entry->owner);
}

/* Until half of the room is free. */
static int choose(struct folding *folding)
{
	const struct connects *connects = folding->connects;
	size_t half = KIDOS_CONNECT_OWNERS >> connects->state.shift >> 1;
	const struct kidos_connect_owners *owners = &connects->owners;
	_cleanup_free_ struct candidate *candidates = calloc(owners->count, sizeof(*candidates));
	size_t count = 0;

	if (!candidates)
		return -ENOMEM;
	for (size_t i = 0; i < owners->count; i++)
		if (may_go(connects, &owners->entries[i]))
			candidates[count++] = (struct candidate){ owners->entries[i].owner,
								  owners->entries[i].moved };
	qsort(candidates, count, sizeof(*candidates), longest_first);
	while (folding->count < count && folding->count + half < owners->count) {
		folding->owners[folding->count] = candidates[folding->count].owner;
		folding->count++;
	}
	return 0;
}

static int compare_owners(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct kidos_connect_owner));
}

static int take_failure(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_failure *failure = key;
	struct folding *folding = context;

	(void)fd;
	(void)value;
	if (folding->failure_count < KIDOS_CONNECT_FAILURES &&
	    bsearch(&failure->owner, folding->owners, folding->count, sizeof(*folding->owners),
		    compare_owners))
		folding->failures[folding->failure_count++] = *failure;
	return 0;
}

/* In one step where the kernel has that for hash maps (5.14). */
static int take_out(int fd, const void *key, void *value)
{
	if (!bpf_map_lookup_and_delete_elem(fd, key, value))
		return 0;
	if (errno == ENOENT)
		return -errno;
	return bpf_map_lookup_elem(fd, key, value) || bpf_map_delete_elem(fd, key) ? -errno : 0;
}

static void gone_of(const struct connects *connects, const struct kidos_connect_owner *owner,
		    struct kidos_connect_owner *gone)
{
	const struct kidos_connect_entry *entry =
		kidos_connect_owner_find(&connects->owners, owner);

	*gone = (struct kidos_connect_owner){ .cgroup = entry && entry->ignored
								? KIDOS_CONNECT_CGROUP_IGNORED
								: KIDOS_CONNECT_CGROUP_GONE };
}

/* Counters are all u64; no program writes those of who is gone. */
static int move(int fd, const void *from, const void *to, size_t size)
{
	uint64_t counts[sizeof(struct kidos_connect_counts) / 8];
	uint64_t sums[sizeof(counts) / 8];
	int error = take_out(fd, from, counts);

	if (error)
		return error;
	memset(sums, 0, sizeof(sums));
	if (bpf_map_lookup_elem(fd, to, sums) && errno != ENOENT)
		return -errno;
	for (size_t i = 0; i < size / 8; i++)
		sums[i] += counts[i];
	return bpf_map_update_elem(fd, to, sums, BPF_ANY) ? -errno : 0;
}

static int move_failures(struct folding *folding)
{
	const struct connects *connects = folding->connects;
	int fd = connects->maps.fd[KIDOS_CONNECT_MAP_FAILURES];
	int error = kidos_elements_each(fd, sizeof(struct kidos_connect_failure), sizeof(__u64),
					take_failure, folding);

	for (size_t i = 0; !error && i < folding->failure_count; i++) {
		struct kidos_connect_failure gone = folding->failures[i];

		gone_of(connects, &folding->failures[i].owner, &gone.owner);
		error = move(fd, &folding->failures[i], &gone, sizeof(__u64));
	}
	return error;
}

static int move_owners(struct folding *folding)
{
	struct connects *connects = folding->connects;
	int error = 0;

	for (size_t i = 0; !error && i < folding->count; i++) {
		struct kidos_connect_owner gone;

		gone_of(connects, &folding->owners[i], &gone);
		error = move(connects->maps.fd[KIDOS_CONNECT_MAP_OWNERS], &folding->owners[i],
			     &gone, sizeof(struct kidos_connect_counts));
		if (!error &&
		    !kidos_connect_owner_move(&connects->owners, &folding->owners[i], &gone))
			error = -ENOMEM;
	}
	kidos_connect_owners_forget(&connects->owners);
	return error;
}

static int fold(struct folding *folding)
{
	int error = choose(folding);

	if (error || !folding->count)
		return error;
	qsort(folding->owners, folding->count, sizeof(*folding->owners), compare_owners);
	error = move_failures(folding);
	return error ? error : move_owners(folding);
}

int kidos_connects_fold(struct connects *connects)
{
	_cleanup_free_ struct folding *folding = NULL;
	int error;

	if (connects->owners.count <= (KIDOS_CONNECT_OWNERS >> connects->state.shift) / 4 * 3)
		return 0;
	folding = calloc(1, sizeof(*folding));
	if (!folding)
		return -ENOMEM;
	folding->connects = connects;
	connects->state.folds++;
	kidos_connect_maps_set_state(&connects->maps, &connects->state);
	error = fold(folding);
	connects->state.folds++;
	kidos_connect_maps_set_state(&connects->maps, &connects->state);
	return error;
}
