/* SPDX-License-Identifier: MIT */
/* connects.h: the state of the collector of connections, which its files share. */
#ifndef KIDOS_CONNECTS_CONNECTS_H
#define KIDOS_CONNECTS_CONNECTS_H

#include "collector.h"
#include "connects/alerts.h"
#include "connects/answer.h"
#include "connects/cgroups.h"
#include "connects/ignored.h"
#include "connects/maps.h"
#include "connects/owners.h"
#include "connects/programs.h"
#include "connects/settings.h"
#include "connects/tally.h"

struct connects {
	struct kidos_context *context;
	const struct kidos_connect_settings *settings;
	bool enabled;
	struct kidos_privacy privacy;
	struct kidos_connect_ignored *ignored;
	struct kidos_connect_maps maps;
	struct kidos_connect_state state;
	struct kidos_connects *programs; /* NULL while stopped */
	char refused[KIDOS_REASON]; /* why no rung would do */
	uint64_t missed_before; /* of programs that are gone */
	struct kidos_connect_answers *answers; /* NULL: it is not enabled */
	/* From here on: nothing before the first start. */
	bool open;
	struct kidos_connect_cgroups cgroups;
	bool cgroups_complained;
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	struct kidos_connect_alerts *alerts; /* NULL: nobody takes them */
	uint64_t errors[KIDOS_CONNECT_ERRNOS]; /* failures by errno, as last read */
	uint64_t retransmits; /* as sent */
	unsigned int polls;
};

/* read.c: every counter as it is now, of closed sockets first and then of open ones. 0 or -errno.
 */
int kidos_connects_read(struct connects *connects);

/* fold.c: once a poll, when the counters were read and added. 0 or -errno. */
int kidos_connects_fold(struct connects *connects);

/* poll.c */
void kidos_connects_poll(void *self, const struct kidos_poll *poll);

#endif
