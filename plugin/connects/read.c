/* SPDX-License-Identifier: MIT */
/*
 * read.c: the counters of every owner. Outcomes are read before attempts, so
 * that what begins in between is pending. Bytes of closed sockets are read
 * before those of open ones: a socket that closes in between is in neither
 * until the next poll, and never in both.
 */
#include "connects/connects.h"
#include "connects/counts.h"
#include "state/elements.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Its name in values, raw; "" where it has none. */
static void name_of(struct connects *connects, const struct kidos_connect_owner *owner,
		    char name[KIDOS_CONNECT_UNIT])
{
	struct kidos_connect_owner shown = *owner;
	char unit[KIDOS_CONNECT_UNIT];

	/* Also asked where commands are the names: it is remembered for kidosctl. */
	kidos_connect_cgroup_unit(&connects->cgroups, owner->cgroup, unit);
	kidos_privacy_command(&connects->privacy, shown.comm, sizeof(shown.comm));
	if (connects->settings->group_by == KIDOS_CONNECT_BY_UNIT)
		memcpy(name, unit, sizeof(unit));
	else
		snprintf(name, KIDOS_CONNECT_UNIT, "%.*s", KIDOS_COMM, shown.comm);
}

static void begin(struct connects *connects, struct kidos_connect_entry *entry)
{
	char name[KIDOS_CONNECT_UNIT] = "";

	if (KIDOS_CONNECT_IS_GONE(&entry->owner)) {
		entry->ignored = entry->owner.cgroup == KIDOS_CONNECT_CGROUP_IGNORED;
		return;
	}
	entry->ignored = kidos_connect_is_ignored(connects->ignored, entry->owner.comm);
	if (!entry->ignored)
		name_of(connects, &entry->owner, name);
	entry->series = kidos_connect_tally_index(&connects->tally, name);
}

static struct kidos_connect_entry *entry_of(struct connects *connects,
					    const struct kidos_connect_owner *owner)
{
	bool made = false;
	struct kidos_connect_entry *entry =
		kidos_connect_owner_get(&connects->owners, owner, &made);

	if (entry && made)
		begin(connects, entry);
	return entry;
}

static int take_failure(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_failure *failure = key;
	struct connects *connects = context;
	struct kidos_connect_entry *entry = entry_of(connects, &failure->owner);
	uint64_t count;

	(void)fd;
	memcpy(&count, value, sizeof(count));
	if (!entry)
		return -ENOMEM;
	if (failure->protocol >= KIDOS_CONNECT_PROTOCOLS || failure->error >= KIDOS_CONNECT_ERRNOS)
		return 0;
	entry->failed[failure->protocol] += count;
	if (!entry->ignored)
		connects->errors[failure->error] += count;
	return 0;
}

static int take_counts(int fd, const void *key, const void *value, void *context)
{
	struct connects *connects = context;
	struct kidos_connect_entry *entry = entry_of(connects, key);

	(void)fd;
	if (!entry)
		return -ENOMEM;
	if (memcmp(&entry->now, value, sizeof(entry->now)))
		entry->moved = connects->polls;
	memcpy(&entry->now, value, sizeof(entry->now));
	return 0;
}

static int take_live(int fd, const void *key, const void *value, void *context)
{
	struct connects *connects = context;
	struct kidos_connect_entry *entry = entry_of(connects, key);

	(void)fd;
	if (!entry)
		return -ENOMEM;
	memcpy(&entry->live, value, sizeof(entry->live));
	entry->moved = connects->polls;
	return 0;
}

static int read_failures(struct connects *connects)
{
	uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS];
	int error = kidos_connect_counts_other(connects->maps.fd[KIDOS_CONNECT_MAP_FAILURES_OTHER],
					       other);

	memset(connects->errors, 0, sizeof(connects->errors));
	for (unsigned int i = 0; i < KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS; i++)
		connects->errors[i % KIDOS_CONNECT_ERRNOS] += other[i];
	for (size_t i = 0; i < connects->owners.count; i++)
		memset(connects->owners.entries[i].failed, 0,
		       sizeof(connects->owners.entries[i].failed));
	if (error)
		return error;
	return kidos_elements_each(connects->maps.fd[KIDOS_CONNECT_MAP_FAILURES],
				   sizeof(struct kidos_connect_failure), sizeof(__u64),
				   take_failure, connects);
}

static int read_live(struct connects *connects)
{
	int error = connects->programs ? kidos_connects_walk(connects->programs) : 0;

	if (error)
		return error;
	for (size_t i = 0; i < connects->owners.count; i++)
		connects->owners.entries[i].live = (struct kidos_connect_live){};
	if (!connects->programs)
		return 0;
	return kidos_elements_each(connects->maps.fd[KIDOS_CONNECT_MAP_LIVE],
				   sizeof(struct kidos_connect_owner),
				   sizeof(struct kidos_connect_live), take_live, connects);
}

int kidos_connects_read(struct connects *connects)
{
	int error = read_failures(connects);

	if (!error)
		error = kidos_elements_each(connects->maps.fd[KIDOS_CONNECT_MAP_OWNERS],
					    sizeof(struct kidos_connect_owner),
					    sizeof(struct kidos_connect_counts), take_counts,
					    connects);
	return error ? error : read_live(connects);
}
