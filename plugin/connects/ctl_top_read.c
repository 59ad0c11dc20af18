/* SPDX-License-Identifier: MIT */
/*
 * ctl_top_read.c: counters by name. Closed sockets are read before those that
 * are open, so that none is in both; outcomes before attempts.
 */
#include "connects/counts.h"
#include "connects/ctl_scan.h"
#include "connects/ctl_top.h"
#include "connects/sockets.h"
#include "core/text.h"
#include "state/elements.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTEMPTS 100 /* 5 ms apart: a daemon that died meanwhile is not waited for */

uint64_t ctl_top_sum(const __u64 counts[KIDOS_CONNECT_PROTOCOLS])
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < KIDOS_CONNECT_PROTOCOLS; i++)
		sum += counts[i];
	return sum;
}

static void name_of(struct ctl_top_scan *scan, const struct kidos_connect_owner *owner,
		    char name[CTL_UNIT])
{
	struct kidos_connect_owner shown = *owner;

	kidos_privacy_command(&scan->state->maps.meta.privacy, shown.comm, sizeof(shown.comm));
	if (scan->settings->by == CTL_TOP_UNIT)
		ctl_connects_unit(&scan->cgroups, owner->cgroup, name);
	else
		kidos_connect_shown_command(&shown, name);
	if (!strcmp(name, "-"))
		strcpy(name, "other");
}

/* NULL, and failed, without memory. */
static struct ctl_top_row *new_row(struct ctl_top_scan *scan, const char *name)
{
	if (scan->count == scan->room) {
		size_t room = scan->room ? 2 * scan->room : 64;
		struct ctl_top_row *rows = reallocarray(scan->rows, room, sizeof(*rows));

		scan->failed |= !rows;
		if (!rows)
			return NULL;
		scan->rows = rows;
		scan->room = room;
	}
	memset(&scan->rows[scan->count], 0, sizeof(scan->rows[scan->count]));
	strcpy(scan->rows[scan->count].name, name);
	return &scan->rows[scan->count++];
}

static struct ctl_top_row *row_of(struct ctl_top_scan *scan,
				  const struct kidos_connect_owner *owner)
{
	char name[CTL_UNIT];

	name_of(scan, owner, name);
	for (size_t i = 0; i < scan->count; i++)
		if (!strcmp(scan->rows[i].name, name))
			return &scan->rows[i];
	return new_row(scan, name);
}

static void add_counts(struct kidos_connect_counts *to, const void *from)
{
	uint64_t sums[sizeof(*to) / 8], counts[sizeof(*to) / 8];

	memcpy(sums, to, sizeof(sums));
	memcpy(counts, from, sizeof(counts));
	for (size_t i = 0; i < sizeof(*to) / 8; i++)
		sums[i] += counts[i];
	memcpy(to, sums, sizeof(sums));
}

static int take_failure(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_failure *failure = key;
	struct ctl_top_scan *scan = context;
	struct ctl_top_row *row = row_of(scan, &failure->owner);
	uint64_t count;

	(void)fd;
	memcpy(&count, value, sizeof(count));
	if (row)
		row->failed += count;
	scan->total.failed += count;
	if (failure->error < KIDOS_CONNECT_ERRNOS)
		scan->results[failure->error] += count;
	return row ? 0 : -ENOMEM;
}

static int take_counts(int fd, const void *key, const void *value, void *context)
{
	struct ctl_top_scan *scan = context;
	struct ctl_top_row *row = row_of(scan, key);

	(void)fd;
	if (row)
		add_counts(&row->counts, value);
	add_counts(&scan->total.counts, value);
	return row ? 0 : -ENOMEM;
}

static void add_live(struct ctl_top_row *row, uint64_t sockets,
		     const struct kidos_connect_live *live)
{
	row->live += sockets;
	row->counts.rx += live->rx;
	row->counts.tx += live->tx;
	row->counts.retransmits += live->retransmits;
}

static int take_live(int fd, const void *key, const void *value, void *context)
{
	struct ctl_top_scan *scan = context;
	struct ctl_top_row *row = row_of(scan, key);
	struct kidos_connect_live live;

	(void)fd;
	memcpy(&live, value, sizeof(live));
	if (row)
		add_live(row, live.sockets, &live);
	add_live(&scan->total, live.sockets, &live);
	return row ? 0 : -ENOMEM;
}

static bool take_socket(const struct kidos_connect_socket *socket, void *context)
{
	const struct kidos_connect_live live = {
		.sockets = 1, .rx = socket->rx, .tx = socket->tx, .retransmits = socket->retransmits
	};

	return socket->state == TCP_LISTEN || !take_live(-1, &socket->owner, &live, context);
}

/* As they are now; without a walk, as the daemon's last poll found them. */
static int read_live(struct ctl_top_scan *scan)
{
	int error = kidos_connect_sockets_each(scan->state->path, take_socket, scan);

	if (error != -ENOENT)
		return error;
	return kidos_elements_each(scan->reader.maps.fd[KIDOS_CONNECT_MAP_LIVE],
				   sizeof(struct kidos_connect_owner),
				   sizeof(struct kidos_connect_live), take_live, scan);
}

/* Failures that found no room in the map have no owner. */
static int read_other(struct ctl_top_scan *scan)
{
	const struct kidos_connect_owner nobody = {};
	uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS];
	int error = kidos_connect_counts_other(
		scan->reader.maps.fd[KIDOS_CONNECT_MAP_FAILURES_OTHER], other);

	for (unsigned int i = 0; !error && i < KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS;
	     i++) {
		struct ctl_top_row *row = other[i] ? row_of(scan, &nobody) : NULL;

		if (row)
			row->failed += other[i];
		scan->total.failed += other[i];
		scan->results[i % KIDOS_CONNECT_ERRNOS] += other[i];
	}
	return error;
}

static int read_all(struct ctl_top_scan *scan)
{
	const int *fd = scan->reader.maps.fd;
	int error = read_other(scan);

	if (!error)
		error = kidos_elements_each(fd[KIDOS_CONNECT_MAP_FAILURES],
					    sizeof(struct kidos_connect_failure), sizeof(__u64),
					    take_failure, scan);
	if (!error)
		error = kidos_elements_each(fd[KIDOS_CONNECT_MAP_OWNERS],
					    sizeof(struct kidos_connect_owner),
					    sizeof(struct kidos_connect_counts), take_counts, scan);
	if (!error)
		error = read_live(scan);
	return scan->failed ? -ENOMEM : error;
}

static void forget(struct ctl_top_scan *scan)
{
	scan->count = 0;
	memset(&scan->total, 0, sizeof(scan->total));
	memset(scan->results, 0, sizeof(scan->results));
}

/* Counts that move meanwhile would be missed or taken twice. */
static int read_whole(struct ctl_top_scan *scan)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (unsigned int attempt = 0;; attempt++) {
		uint64_t folds = kidos_connect_reader_folds(&scan->reader);
		int error = read_all(scan);

		if (error || attempt == ATTEMPTS ||
		    (!(folds & 1) && folds == kidos_connect_reader_folds(&scan->reader)))
			return error;
		forget(scan);
		nanosleep(&pause, NULL);
	}
}

int ctl_top_read(struct ctl_top_scan *scan, const struct ctl_state *state,
		 const struct ctl_sockets_settings *settings)
{
	int error;

	*scan = (struct ctl_top_scan){ .settings = settings,
				       .state = state,
				       .cgroups.root = -1,
				       .reader.maps = KIDOS_CONNECT_MAPS_NONE };
	error = kidos_connect_reader_open(&scan->reader, state->path);
	if (error)
		return error;
	kidos_connect_cgroups_open(&scan->cgroups, scan->reader.maps.fd[KIDOS_CONNECT_MAP_UNITS]);
	error = read_whole(scan);
	if (!error)
		error = kidos_connect_counts_events(scan->reader.maps.fd[KIDOS_CONNECT_MAP_EVENTS],
						    scan->events);
	scan->results[KIDOS_CONNECT_RESULT_OK] = ctl_top_sum(scan->total.counts.succeeded);
	scan->results[KIDOS_CONNECT_RESULT_ABANDONED] = ctl_top_sum(scan->total.counts.abandoned);
	scan->results[KIDOS_CONNECT_RESULT_LOST] = ctl_top_sum(scan->total.counts.lost);
	return error;
}

void ctl_top_close(struct ctl_top_scan *scan)
{
	kidos_connect_cgroups_close(&scan->cgroups);
	kidos_connect_reader_close(&scan->reader);
	free(scan->rows);
	scan->rows = NULL;
}
