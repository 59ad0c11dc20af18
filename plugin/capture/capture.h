/* SPDX-License-Identifier: MIT */
/*
 * capture.h: what the files of the capture collector share. Three threads of its own: one reads
 * packets and never waits for anything else, one writes files (writer.h), one opens and closes
 * sockets as mirror ports come and go.
 */
#ifndef KIDOS_CAPTURE_CAPTURE_H
#define KIDOS_CAPTURE_CAPTURE_H

#include "capture/copies.h"
#include "capture/job.h"
#include "capture/recent.h"
#include "capture/settings.h"
#include "capture/sniffer.h"
#include "collector.h"
#include "core/thread.h"

struct kidos_notification;

#define KIDOS_JOBS KIDOS_COPY_FILTERS
#define KIDOS_WANTED 8
#define KIDOS_COPIES_RING (8u << 20)

/* A mirror port. */
struct kidos_mirror {
	const char *name, *netns;
	unsigned int number; /* from 1 on */
	struct kidos_sniffer *sniffer; /* NULL: it has no sockets now */
	uint32_t netns_number, ifindex; /* of the sniffer */
	uint64_t retry_ns; /* CLOCK_MONOTONIC, not before */
	uint64_t received, received_bytes;
	struct kidos_count classes[KIDOS_CLASSES]; /* of these */
	struct kidos_sniffer_lost lost; /* by sockets that were closed */
	char reason[KIDOS_REASON];
};

/* An alert, or another plugin's notification, and its capture, for as long as it may matter. */
#define KIDOS_EVIDENCE 64
struct kidos_evidence {
	uint64_t alert, job; /* numbers; 0: none */
	bool over; /* the alert has ended */
	char file[KIDOS_FOLDER_NAME];
};

struct capture {
	struct kidos_context *context;
	const struct kidos_capture_settings *settings;
	bool enabled;
	int maps[KIDOS_CAPTURE_MAPS];
	uint64_t mirror_memory; /* bytes, of each mirror port's sockets */
	struct kidos_files_names names;
	struct kidos_files_rules rules;
	struct kidos_writer *writer;
	struct kidos_thread reader, manager;
	int wake; /* eventfd: the reader has something new to do */
	char refused[KIDOS_REASON]; /* why it does not run, "" if it does or is off */
	atomic_bool on;

	pthread_mutex_t lock; /* the rest; held briefly, and taken after the context's */
	struct kidos_mirror mirrors[KIDOS_MIRRORS];
	size_t mirror_count;
	struct kidos_recent recent;
	uint64_t since_ns; /* CLOCK_REALTIME, of the pairs */
	struct kidos_copies *copies; /* NULL: copies_refused says why */
	char copies_refused[KIDOS_REASON];
	struct kidos_job_ports ports; /* what can be captured, as of late */
	char (*port_reasons)[KIDOS_REASON]; /* why a port of these cannot; "" if it can */
	struct kidos_job *jobs; /* KIDOS_JOBS */
	unsigned int running; /* jobs that take packets, by bit */
	uint64_t last_number;
	struct kidos_evidence evidence[KIDOS_EVIDENCE];
	unsigned int evidence_next;
	struct kidos_order wanted[KIDOS_WANTED]; /* by notifications of other plugins */
	unsigned int wanted_count;
	uint64_t boot_ns; /* kidos_boot_ns() of this round of the reader */
};

/* reader.c */
void *kidos_capture_read(void *self);
/* Wakes it: there is something new to wait for. */
void kidos_capture_wake(const struct capture *capture);
/* One round, under the lock. Returns how many packets there were. */
unsigned int kidos_capture_round(struct capture *capture);

/* Packets that the program counted of the interface of such a capture; 0 for others. */
uint64_t kidos_capture_counted(const struct capture *capture, const struct kidos_job *job);

/* show.c: packets of the job's mirror ports so far that no filter saw. */
uint64_t kidos_capture_unseen(const struct capture *capture, const struct kidos_job *job);

/* mirrors.c: the manager's thread, and what it leaves at the end. */
void *kidos_capture_manage(void *self);
void kidos_capture_close_mirrors(struct capture *capture);
/* Names what can be captured now; under both locks. */
void kidos_capture_find_ports(struct capture *capture);

/* show.c: what kidosctl sees; under the lock. */
void kidos_capture_show(struct capture *capture);
void kidos_capture_poll(void *self, const struct kidos_poll *poll);

/*
 * start.c: a capture begins. Its number, or 0 with a reason. Not under the lock. file: its first
 * one's name.
 */
uint64_t kidos_capture_start(struct capture *capture, const struct kidos_order *order,
			     char file[KIDOS_FOLDER_NAME], char reason[KIDOS_REASON]);
/* Under the lock. NULL: there is none of this number that runs. */
struct kidos_job *kidos_capture_find(struct capture *capture, uint64_t number);
bool kidos_capture_request(void *self, const struct kidos_request *request,
			   struct kidos_answer *answer);
/*
 * Every capture ends, and its file is whole. False when the disk takes longer than a second. Not
 * under the lock.
 */
bool kidos_capture_end_all(struct capture *capture);

/* By this name: NAMESPACE:NAME, its name in collectd's namespace, or as values have it. */
bool kidos_capture_is_called(const struct kidos_job_port *port, const char *name);

/* evidence.c: a sink of alerts. */
void kidos_capture_alert(void *self, const void *notice);
/*
 * As kidos_capture_start, within what the configuration gives evidence; one of the same that runs
 * is shared. When the last alert that has it is over, it ends; 0: of no alert, it goes on.
 */
uint64_t kidos_capture_evidence(struct capture *capture, const struct kidos_order *order,
				uint64_t alert, char file[KIDOS_FOLDER_NAME],
				char reason[KIDOS_REASON]);

/* foreign.c: a sink of struct kidos_notification, of other plugins; any thread. */
void kidos_capture_notification(void *self, const void *notification);
/* Captures for these; in the manager's thread. */
void kidos_capture_start_wanted(struct capture *capture);
/* What such a notification is about. */
void kidos_foreign_order(const struct kidos_job_ports *ports,
			 const struct kidos_notification *notification, struct kidos_order *order);

#endif
