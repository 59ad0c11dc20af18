/* SPDX-License-Identifier: MIT */
/*
 * job.h: one capture, from its order to the last line of its file. All but the writer's half is
 * behind the collector's lock.
 */
#ifndef KIDOS_CAPTURE_JOB_H
#define KIDOS_CAPTURE_JOB_H

#include "capture/expression.h"
#include "capture/maps.h"
#include "capture/order.h"
#include "capture/pcapng.h"
#include "capture/writer.h"
#include "core/sinks.h"
#include "core/whose.h"

#define KIDOS_JOB_PORTS 64

/* An interface, as it was when the capture began: its place in the file is its place here. */
struct kidos_job_port {
	uint32_t netns, ifindex;
	uint32_t netns_inode;
	uint32_t slot;
	bool mirror; /* its packets come over AF_XDP, else as copies */
	bool ethernet;
	char name[IF_NAMESIZE];
	char netns_name[KIDOS_NETNS_NAME];
	char label[KIDOS_NETNS_NAME + IF_NAMESIZE + 64]; /* in values and alerts */
};

struct kidos_job_ports {
	struct kidos_job_port items[KIDOS_JOB_PORTS];
	size_t count;
};

/* A packet on its way to captures. */
struct kidos_taken {
	const void *data;
	uint32_t captured, length; /* bytes of data; of the packet, without a tag in metadata */
	uint32_t tag; /* of kidos_pcapng_packet */
	uint32_t netns, ifindex;
	uint64_t time_ns, boot_ns; /* CLOCK_REALTIME, CLOCK_BOOTTIME */
	enum kidos_pcapng_direction direction;
	const struct kidos_sinks *whose; /* who may know; NULL: nobody */
};

struct kidos_job {
	struct kidos_sheaf sheaf; /* first: the writer's callback has its address */
	struct kidos_writer *writer;
	struct kidos_order order;
	struct kidos_job_ports ports;
	struct kidos_expression *expressions[2]; /* by port.ethernet; NULL: none */
	char *head; /* of each file */
	size_t head_size;
	struct kidos_chunk *chunk; /* being filled, or NULL */
	uint64_t chunk_ns; /* when it was begun, CLOCK_MONOTONIC */
	char comment[KIDOS_ORDER_WHY]; /* for the next packet */
	char file[KIDOS_FOLDER_NAME]; /* the last, once it is done */
	int copy; /* number of its filter among the copies, -1: none */
	uint64_t number;
	_Atomic enum kidos_capture_stage stage;
	const char *end; /* why it ends */
	uint64_t started_ns, ended_ns; /* CLOCK_REALTIME */
	uint64_t deadline_ns, disarmed_ns; /* CLOCK_MONOTONIC; 0: none */
	uint64_t first_ns, last_ns; /* of packets */
	uint64_t base_matched, base_lost; /* of the copies, as it began */
	uint64_t armed_ns; /* CLOCK_MONOTONIC, of the copies, until counted.armed is read */
	/* What the interface's totals were: before it was armed, and when all programs knew of it;
	 */
	struct kidos_job_counted {
		uint64_t before, armed, last, after; /* before that ended, and when all knew */
		bool known; /* all four; it captures the whole of one interface */
	} counted;
	uint64_t matched; /* packets of mirror ports, and at the end those of copies too */
	uint64_t taken, taken_bytes; /* into chunks */
	uint64_t fates[KIDOS_FATES];
	uint64_t base_unseen, unseen; /* by mirror ports: as it began, in its time */
};

/*
 * Makes the file. job is all 0, its stage NONE. Nothing else may use it yet. 0, or -errno with a
 * reason and nothing left.
 */
int kidos_job_open(struct kidos_job *job, const struct kidos_order *order,
		   const struct kidos_job_ports *ports, uint64_t number, uint32_t snap,
		   const struct kidos_files_rules *rules, struct kidos_writer *writer,
		   char reason[KIDOS_REASON]);

/* whose.c: what is known of the packet's owner; "": nothing. */
void kidos_job_whose(const struct kidos_job_port *port, const struct kidos_taken *packet,
		     char words[KIDOS_WHOSE_WORDS]);

/* A packet that its filter took. */
void kidos_job_take(struct kidos_job *job, const struct kidos_taken *packet);

/* What waits in a chunk for longer than it should goes to the writer. now_ns: CLOCK_MONOTONIC. */
void kidos_job_flush(struct kidos_job *job, uint64_t now_ns);

/*
 * No packet comes any more: the writer gets the rest, and calls kidos_job_finish. False while it
 * has no chunk to take the end with: again later.
 */
bool kidos_job_end(struct kidos_job *job);

/* In the writer's thread: the ledger, and the end of the file. The stage becomes DONE. */
void kidos_job_finish(struct kidos_sheaf *sheaf);

/* After that, or after an open that failed. */
void kidos_job_free(struct kidos_job *job);

/* As kidosctl shows it. */
void kidos_job_row(struct kidos_job *job, struct kidos_capture_row *row);

#endif
