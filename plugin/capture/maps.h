/* SPDX-License-Identifier: MIT */
/* maps.h: what the capture collector shows kidosctl. The plugin is the only writer. */
#ifndef KIDOS_CAPTURE_MAPS_H
#define KIDOS_CAPTURE_MAPS_H

#include "abi_capture.h"
#include "capture/folder.h"
#include "state/map_set.h"

enum kidos_capture_map {
	KIDOS_CAPTURE_MAP_RECORDS, /* struct kidos_packet_record */
	KIDOS_CAPTURE_MAP_PAIRS, /* struct kidos_pair */
	KIDOS_CAPTURE_MAP_STATE, /* one struct kidos_capture_state */
	KIDOS_CAPTURE_MAP_ROWS, /* struct kidos_capture_row, by number % KIDOS_CAPTURE_ROWS */
	KIDOS_CAPTURE_MAPS
};
extern const struct kidos_map_set kidos_capture_map_set;

/*
 * A packet that a mirror port received. The writer puts 0 into sequence, then the rest, then the
 * sequence: a reader that finds it the same before and after has a whole record. No key where
 * protocol and addresses are all 0.
 */
#define KIDOS_PACKET_RECORDS 4096u
struct kidos_packet_record {
	__u64 sequence; /* from 1 on: at element (sequence - 1) % KIDOS_PACKET_RECORDS */
	__u64 time_ns; /* CLOCK_REALTIME */
	union kidos_address src, dst;
	__u16 sport, dport;
	__u32 length;
	__u8 protocol;
	__u8 class;
	__u8 ipv4;
	__u8 mirror; /* number */
	__u16 vlan;
	__u16 has_key;
};
_Static_assert(sizeof(struct kidos_packet_record) == 64, "packet record");

/* (source, destination, protocol); torn reads are told by the sequence, as above. packets 0: free.
 */
#define KIDOS_PAIRS 4096u
struct kidos_pair {
	__u64 sequence;
	union kidos_address src, dst;
	__u64 packets, bytes;
	__u8 protocol;
	__u8 ipv4;
	__u8 pad[6];
};
_Static_assert(sizeof(struct kidos_pair) == 64, "pair");

struct kidos_mirror_state {
	char netns[KIDOS_NETNS_NAME];
	char name[IF_NAMESIZE];
	char reason[160]; /* why it has no sockets, or what they are like */
	__u32 sockets;
	__u32 zero_copy;
	__u64 seen, received, passed, rx_dropped, rx_ring_full; /* packets */
	__u64 seen_bytes, received_bytes;
};

struct kidos_capture_state {
	__u64 last; /* sequence of the newest record */
	__u64 since_ns; /* CLOCK_REALTIME: pairs count from then on */
	struct kidos_count unpaired; /* packets that found no room among the pairs */
	struct kidos_count keyless; /* that have no addresses */
	char directory[PATH_MAX / 2];
	struct kidos_mirror_state mirrors[KIDOS_MIRRORS]; /* name "": none */
};

enum kidos_capture_stage {
	KIDOS_CAPTURE_NONE,
	KIDOS_CAPTURE_OPENING, /* nobody else's yet */
	KIDOS_CAPTURE_RUNNING,
	KIDOS_CAPTURE_ENDING, /* takes no more; the file is being finished */
	KIDOS_CAPTURE_DONE,
};
extern const char *const kidos_capture_stage_names[];

/*
 * What became of the packets that a capture's filter took: all of them are in exactly one. The
 * names are those of the ledger in the file.
 */
enum kidos_capture_fate {
	KIDOS_FATE_WRITTEN, /* in the file */
	KIDOS_FATE_UNWANTED, /* the expression of --filter refused them */
	KIDOS_FATE_BEYOND, /* came after a limit was reached */
	KIDOS_FATE_LATE, /* of an interface that was not there when the capture began */
	KIDOS_FATE_RING, /* lost: the ring of the programs was full */
	KIDOS_FATE_CHUNKS, /* lost: the disk was slower than the packets */
	KIDOS_FATE_DISK, /* lost: the disk or the folder was full */
	KIDOS_FATES
};
extern const char *const kidos_fate_names[KIDOS_FATES];

#define KIDOS_CAPTURE_ROWS 32
#define KIDOS_CAPTURE_WORDS 256
struct kidos_capture_row {
	__u64 number; /* from 1 on */
	__u32 stage; /* enum kidos_capture_stage */
	__u32 evidence; /* an alert started it */
	__u64 started_ns, ended_ns; /* CLOCK_REALTIME; 0: runs */
	__u64 matched; /* packets that the filter took: the sum of the fates once it is done */
	__u64 fates[KIDOS_FATES];
	__u64 unseen; /* of its mirror ports: lost or passed before any filter saw them */
	__u64 bytes; /* of the files */
	char words[KIDOS_CAPTURE_WORDS]; /* what it captures */
	char file[KIDOS_FOLDER_NAME]; /* the newest, in the directory */
	char end[64]; /* why it ended */
};

#endif
