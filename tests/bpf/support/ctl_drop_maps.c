/* SPDX-License-Identifier: MIT */
#include "ctl_drop_maps.h"
#include "ctl_run.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "abi_drop.h"
#include "state/clock.h"
#include "drops/maps_reader.h"
#include "state/directory.h"
#include "links/programs.h"
#include "core/flow_filter.h"
#include "links/netns.h"

#define ROOM 32 /* records per CPU */
#define CPUS 2

static const char *const pins[PINS] = { "drop_counts", "drop_other", "drop_records", "drop_state" };

struct drop_maps drop_maps;

static struct kidos_state directory = KIDOS_STATE_NONE;
static struct kidos_maps maps = KIDOS_MAPS_NONE;
static int control[KIDOS_CONTROL_MAPS];
static struct kidos_traffic *traffic;

uint64_t clock_ns(int id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void drop_maps_count(uint32_t reason, uint64_t place, int class, uint32_t ifindex, bool policy,
		     uint64_t count)
{
	struct kidos_drop_key key = {
		.place = place,
		.reason = reason,
		.class = (__u8) class,
		.policy = policy,
		.ifindex = ifindex,
		.netns = ifindex ? drop_maps.netns : 0,
	};

	assert_int_equal(bpf_map_update_elem(drop_maps.fd[COUNTS], &key, &count, BPF_ANY), 0);
}

static union kidos_address address(const char *text)
{
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(text, &prefix));
	return prefix.address;
}

/* Drop n of a CPU: `age` seconds before the start. */
static struct kidos_drop_record *add_record(unsigned int cpu, unsigned int n, unsigned int age)
{
	struct kidos_drop_record *record = &drop_maps.records[cpu * ROOM + n];

	*record = (struct kidos_drop_record){
		.sequence = n + 1,
		.sequence_end = n + 1,
		.time = drop_maps.boot_ns - age * SECOND,
		.place = PLACE_A,
		.reason = REASON_A,
		.netns = drop_maps.netns,
		.ifindex = drop_maps.ifindex,
		.length = 60,
		.src = address("203.0.113.9"),
		.dst = address("192.0.2.1"),
		.sport = (__u16)(40000 + n),
		.dport = 22,
		.ethertype = 0x0800,
		.protocol = 6,
		.class = KIDOS_CLASS_TCP,
		.family = 4,
	};
	return record;
}

/* Ten of each CPU, which alternate in time; the newest is 1 s old. */
static void fill_records(void)
{
	struct kidos_drop_record *record;

	for (unsigned int i = 0; i < 10; i++)
		add_record(0, i, 20 - 2 * i); /* 20 ... 2 */
	for (unsigned int i = 0; i < 10; i++) {
		record = add_record(1, i, 19 - 2 * i); /* 19 ... 1 */
		record->place = PLACE_B;
		record->reason = REASON_B;
		record->owner = KIDOS_OWNER_SOCKET;
		record->tgid = 4242;
		memcpy(record->comm, "a\033[2J\n\"\\\xff", 10);
	}
	/* A neighbour's ARP, and an IPv6 packet without a port, both long ago. */
	record = add_record(0, 10, 7200);
	record->protocol = record->family = 0;
	record->class = KIDOS_CLASS_ARP;
	record->ifindex = record->netns = 0;
	record->owner = KIDOS_OWNER_BYSTANDER;
	record->tgid = 4242;
	record = add_record(0, 11, 7201);
	record->src = address("2001:db8::1");
	record->dst = address("2001:db8::2");
	record->family = 6;
	record->protocol = 58;
	record->class = KIDOS_CLASS_ICMPV6;
	record->sport = 0;
	record->dport = 128 << 8;
	/* Half written: never shown. */
	record = add_record(1, 10, 0);
	record->sequence = 0;
	record = add_record(1, 11, 0);
	record->sequence_end = 99;
}

static void fill_counts(void)
{
	uint64_t other = 5;
	uint32_t class = KIDOS_CLASS_UDP;

	drop_maps_count(REASON_A, PLACE_A, KIDOS_CLASS_TCP, drop_maps.ifindex, false, 1000);
	drop_maps_count(REASON_A, PLACE_B, KIDOS_CLASS_UDP, drop_maps.ifindex, false, 200);
	drop_maps_count(REASON_B, PLACE_B, KIDOS_CLASS_ARP, 0, false, 30);
	drop_maps_count(KIDOS_REASON_UNKNOWN, 0, KIDOS_CLASS_OTHER, 77777, false, 4);
	drop_maps_count(REASON_A, PLACE_A, KIDOS_CLASS_TCP, drop_maps.ifindex, true, 11);
	assert_int_equal(bpf_map_update_elem(drop_maps.fd[OTHER], &class, &other, BPF_ANY), 0);
}

static void set_state(void)
{
	struct kidos_drop_state state = { .rung = "a test's rung",
					  .blind = "the dark\n\033",
					  .running = 1,
					  .room = ROOM,
					  .missed = 7 };
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(drop_maps.fd[STATE], &zero, &state, BPF_ANY), 0);
}

void drop_maps_fill(void)
{
	fill_counts();
	fill_records();
	set_state();
}

static int make_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, mmapable, .map_flags = BPF_F_MMAPABLE);

	drop_maps.fd[COUNTS] = bpf_map_create(BPF_MAP_TYPE_HASH, pins[COUNTS],
					      sizeof(struct kidos_drop_key), 8, 1024, NULL);
	drop_maps.fd[OTHER] =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, pins[OTHER], 4, 8, KIDOS_CLASSES, NULL);
	drop_maps.fd[RECORDS] =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, pins[RECORDS], 4,
			       sizeof(struct kidos_drop_record), CPUS * ROOM, &mmapable);
	drop_maps.fd[STATE] = bpf_map_create(BPF_MAP_TYPE_ARRAY, pins[STATE], 4,
					     sizeof(struct kidos_drop_state), 1, NULL);
	for (int i = 0; i < PINS; i++)
		if (drop_maps.fd[i] < 0)
			return -1;
	drop_maps.records = mmap(NULL, CPUS * ROOM * sizeof(*drop_maps.records),
				 PROT_READ | PROT_WRITE, MAP_SHARED, drop_maps.fd[RECORDS], 0);
	return drop_maps.records == MAP_FAILED ? -1 : 0;
}

void drop_maps_pin(enum drop_pin which)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", ctl_path, pins[which]);
	assert_int_equal(bpf_obj_pin(drop_maps.fd[which], path), 0);
	assert_int_equal(chown(path, (uid_t)-1, MEMBERS), 0);
	assert_int_equal(chmod(path, 0640), 0);
}

int drop_maps_setup(void **state)
{
	struct kidos_meta meta = {
		.abi = KIDOS_ABI_VERSION,
		.pid = (__u32)getpid(),
		.set_mask = 1023,
		.slots = 2,
		.max_flows = 4096,

		.interval_ns = 600 * SECOND,
		.version = "test",
	};
	char reason[KIDOS_REASON];
	unsigned long inode;

	(void)state;
	snprintf(ctl_path, sizeof(ctl_path), "/sys/fs/bpf/kt-drops-%d", getpid());
	if (kidos_state_acquire(&directory, ctl_path, reason)) {
		print_message("# %s\n", reason);
		return -1;
	}
	if (kidos_clock_measure(&meta))
		return -1;
	meta.idle = (__u32)(60 * SECOND / meta.unit_ns);
	meta.started_ns = meta.last_poll_ns = clock_ns(CLOCK_REALTIME);
	maps.cpus = kidos_possible_cpus();
	traffic = kidos_traffic_load(&maps, &meta, 0);
	if (!traffic || kidos_map_set_create(&kidos_map_set, maps.fd, meta.slots) || make_maps() ||
	    kidos_maps_set_meta(&maps, &meta))
		return -1;
	drop_maps.boot_ns = clock_ns(CLOCK_BOOTTIME);
	if (kidos_netns_inode("", &inode))
		return -1;
	drop_maps.netns = (uint32_t)inode;
	drop_maps.ifindex = if_nametoindex("lo");
	if (ctl_make_control(&directory, control))
		return -1;
	return kidos_state_pin_set(&directory, &kidos_map_set, maps.fd);
}

int drop_maps_teardown(void **state)
{
	(void)state;
	kidos_state_release(&directory);
	kidos_traffic_free(traffic);
	kidos_maps_close(&maps);
	kidos_map_set_close(&kidos_control_map_set, control);
	return 0;
}
