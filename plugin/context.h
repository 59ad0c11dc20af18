/* SPDX-License-Identifier: MIT */
/* context.h: what the engine's files share: its state, under one lock. */
#ifndef KIDOS_CONTEXT_H
#define KIDOS_CONTEXT_H

#include "links/attach.h"
#include "state/clock.h"
#include "state/directory.h"
#include "alerts/notice.h"
#include "links/conserve.h"
#include "links/rule.h"
#include "flows/series.h"
#include "flows/reader.h"
#include "engine/engine.h"
#include "flows/spills.h"
#include "links/mnl_links.h"

#include <pthread.h>

/* An interface that programs hang on, or should. */
struct kidos_port_state {
	const struct kidos_interface_rule *rule;
	char name[IF_NAMESIZE];
	unsigned int slot; /* KIDOS_SLOT_OTHER when all slots are taken */
	unsigned int ifindex;
	bool seen; /* in the dump under way */
	const struct kidos_driver *driver;
	struct kidos_base base; /* of the conservation check */
	struct kidos_link_counters own; /* as last read */
	bool rebase; /* the interface's counters started again */
	struct kidos_attachment attachments[KIDOS_DIRECTIONS];
};

/* A network namespace that a rule names, or collectd's own (""). */
struct kidos_world {
	char name[KIDOS_NETNS_NAME];
	unsigned int number; /* in the programs' read-only data */
	unsigned long inode; /* 0: not there now */
	bool unusable; /* said so in the log */
	struct kidos_rtnl *rtnl;
	struct kidos_traffic *traffic;
	struct kidos_port_state *ports;
	size_t port_count;
};

struct kidos_engine {
	const struct kidos_config *config;
	struct kidos_state state;
	struct kidos_maps maps;
	struct kidos_meta meta;
	struct kidos_slot *slots; /* meta.slots of them; the map is a copy */
	struct kidos_engine_drops *drops; /* NULL before their first start */
	unsigned int drop_room; /* records of one CPU */
	struct kidos_world *worlds;
	size_t world_count;
	struct kidos_reader reader;
	struct kidos_flow_series series;
	uint64_t names_saved; /* seconds of CLOCK_REALTIME */
	bool names_failed; /* ... and that did not work */
	struct kidos_spills spills; /* has a lock of its own */
	struct kidos_control_maps control;
	uint64_t control_taken; /* number of the last request */
	bool flows_off, alerts_off; /* by request; flows by configuration too */
	pthread_mutex_t lock; /* everything above, but for config */
	struct kidos_drop_share *drop_shares; /* of each slot, NULL before their first use */
	struct kidos_alerts *alerts; /* NULL: off; has a lock of its own */
	pthread_t thread;
	bool threaded;
	int epoll, inotify, timer, stop;
	volatile bool stopping;
};

/* engine_worlds.c: one for each namespace in a rule, or collectd's own alone. 0 or -1. */
int kidos_worlds_make(struct kidos_engine *engine);
void kidos_worlds_free(struct kidos_engine *engine);
/* Brings attachments in line with the links that exist; under the lock. */
void kidos_world_refresh(struct kidos_engine *engine, struct kidos_world *world);
/* Detaches everything; its slots wait. */
void kidos_world_detach(struct kidos_engine *engine, struct kidos_world *world);
/* Detaches everything and forgets the namespace; its slots wait. */
void kidos_world_close(struct kidos_engine *engine, struct kidos_world *world);

/* engine_recover.c: removes what a crashed owner left on interfaces, as its slots tell. */
void kidos_recover(const struct kidos_maps *old);

/* engine_ports.c: the links of a namespace and the programs on them; inside it, under the lock. */
void kidos_ports_apply(struct kidos_engine *engine, struct kidos_world *world,
		       struct kidos_links *links);
/* All of them: detached, their slots wait. Also where the namespace is no more. */
void kidos_ports_remove(struct kidos_engine *engine, struct kidos_world *world);
/* Is a port counted as other? Such ports get a slot, as far as there are any. */
bool kidos_ports_want_slots(const struct kidos_world *world);
void kidos_ports_name(struct kidos_engine *engine, struct kidos_world *world);

/* engine_slots.c: which interface has which slot; under the lock. */
/* "this namespace" for collectd's own. */
const char *kidos_world_label(const char *netns);
/* Into the map. */
void kidos_slot_store(const struct kidos_engine *engine, unsigned int index);
/* Gives the port its slot: the one it had, a free one, one of an interface that went, or other. */
void kidos_slot_take(struct kidos_engine *engine, const struct kidos_world *world,
		     struct kidos_port_state *port, const struct kidos_link *link);
/* Before a poll, and after it. */
void kidos_slots_age(struct kidos_engine *engine);
void kidos_slots_offer(struct kidos_engine *engine);
/* Slots for the interfaces that rules name and that are not there yet. */
void kidos_rules_wait(struct kidos_engine *engine);

/* engine_events.c: the thread that follows interfaces and namespaces. */
int kidos_events_start(struct kidos_engine *engine);
void kidos_events_stop(struct kidos_engine *engine);

/* What a poll read of a slot. */
struct kidos_slot_counts {
	struct kidos_totals totals[KIDOS_DIRECTIONS];
	bool read;
};

/* engine_flows.c: the flow table and the series of flows; in the order of a poll. */
int kidos_flows_start(struct kidos_engine *engine);
void kidos_flows_stop(struct kidos_engine *engine);
void kidos_flows_read(struct kidos_engine *engine);
/* counts: read after the flows; instances: of each slot the interface's name in values, or NULL. */
void kidos_flows_settle(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
			const char *const *instances);
void kidos_flows_emit(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
		      const char *const *instances, const struct kidos_output *output);

/* engine_counters.c: our counts and the interface's own. 0 or -errno. */
int kidos_slot_read(const struct kidos_engine *engine, unsigned int slot,
		    struct kidos_slot_counts *counts);
void kidos_totals_sum(const struct kidos_totals totals[KIDOS_DIRECTIONS],
		      struct kidos_sum sums[KIDOS_DIRECTIONS]);
int kidos_slot_sums(const struct kidos_engine *engine, unsigned int slot,
		    struct kidos_sum sums[KIDOS_DIRECTIONS]);
/*
 * Fills the slots' unaccounted, and counts (one per slot) with what that was
 * told by; costs a few reads of counters and totals.
 */
void kidos_conserve(struct kidos_engine *engine, struct kidos_slot_counts *counts);

#endif
