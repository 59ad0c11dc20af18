/* SPDX-License-Identifier: MIT */
#ifndef KN_STATE_H
#define KN_STATE_H

/* What kidos-netns remembers of a topology while it is up.
 *
 * RUN (/run/kidos-netns)/NAME/ holds what means nothing after a reboot: the steps that were begun,
 * each written before it is done, so that a run after kill -9 knows what is ours; a copy of the
 * topology, so that down removes what up made even if the file has changed; the DHCP clients' pids.
 * LIB (/var/lib/kidos/netns) holds what must outlive a power loss: the uplink's journal.
 * A lock on the RUN directory itself admits one kidos-netns at a time; there is no lock file.
 */
#include "netlink/err.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#define KN_RUN_DIR "/run/kidos-netns"
#define KN_LIB_DIR "/var/lib/kidos/netns"

struct kn_state;

/* Waits for the lock. write false: for status and dry runs, makes no directory and no lock. */
int kn_state_open(struct kn_state **out, const char *topology, bool write, struct kn_err *err);
void kn_state_close(struct kn_state *state); /* NULL is fine */

int kn_state_dir(const struct kn_state *state); /* RUN/NAME; -1 in a reader without one */
int kn_state_lib(const struct kn_state *state); /* LIB */
const char *kn_state_lib_path(void);

/* The RUN directory, whose entries are the topologies that are up or half up; NULL if there is
 * none. The caller closes it. LIB in the same way.
 */
DIR *kn_state_list(void);
DIR *kn_state_list_lib(void);

/* The copy of the topology that is up or half up, NULL if there is none. */
const char *kn_state_topology(const struct kn_state *state);
int kn_state_keep_topology(struct kn_state *state, const char *json, struct kn_err *err);

/* And of the file's place, as kn_recorded_place has it. Written first. */
#define KN_STATE_PLACE "file"
#define KN_STATE_TOPOLOGY "topology.json"
int kn_state_keep_place(struct kn_state *state, const char *place, struct kn_err *err);

/* Of the journal, without what may be long; see uplink_journal.h. */
#define KN_STATE_UPLINK "uplink"

/* A step is ours from the moment before it is done; was is a value to put back, or NULL. */
int kn_state_begin(struct kn_state *state, const char *step, const char *was, struct kn_err *err);
bool kn_state_ours(const struct kn_state *state, const char *step);
const char *kn_state_was(const struct kn_state *state, const char *step);

/* up was completed; without this mark the topology is half-built. */
int kn_state_complete(struct kn_state *state, struct kn_err *err);
bool kn_state_is_complete(const struct kn_state *state);

/* Everything is undone: removes RUN/NAME. */
int kn_state_forget(struct kn_state *state, struct kn_err *err);

#endif
