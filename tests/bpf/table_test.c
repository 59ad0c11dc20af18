/* SPDX-License-Identifier: MIT */
/*
 * More flows than fit, from every CPU at once, while the table is read and
 * the spill ring drained: entries + retired = totals = sent, per class and
 * direction, in packets and bytes; and what was evicted is in the ring.
 *
 * kernels: 5.10
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "packet.h"
#include "flows/spills.h"
#include "flows/wipe.h"
#include "table_run.h"

#define NEVER 0x40000000u /* units: no entry is idle */
#define CPUS_MAX 64
#define FRAMES 60000 /* of each CPU */
#define FRAMES_EMULATED 1200
#define BURST 5000 /* frames */
#define AHEAD 100000 /* units, beyond the end of the test */
#define BURSTS 250 /* of each CPU */
#define BURSTS_EMULATED 100

struct sender {
	const struct table_run *run;
	unsigned int cpu;
	pthread_t thread;
	struct table_counts sent;
	volatile bool done;
};

struct reader {
	const struct table_run *run;
	pthread_t thread;
	volatile bool stop;
	unsigned int scans, cpus;
	struct ring_buffer *ring;
	struct kidos_count spilled;
};

static unsigned int frames_of_cpu(void)
{
	return getenv("KIDOS_SLOW") ? FRAMES_EMULATED : FRAMES;
}

static unsigned int bursts_of_cpu(void)
{
	return getenv("KIDOS_SLOW") ? BURSTS_EMULATED : BURSTS;
}

static unsigned int kinds(void)
{
	unsigned int count = 0;

	while (packet_kinds[count].name)
		count++;
	return count;
}

static void add_counts(struct table_counts *sum, const struct table_counts *more)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			sum->classes[d][c].packets += more->classes[d][c].packets;
			sum->classes[d][c].bytes += more->classes[d][c].bytes;
		}
}

static void assert_same(const struct table_counts *a, const struct table_counts *b)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			assert_int_equal(a->classes[d][c].packets, b->classes[d][c].packets);
			assert_int_equal(a->classes[d][c].bytes, b->classes[d][c].bytes);
		}
}

/* At rest. */
static void assert_exact(const struct table_run *run, const struct table_counts *sent)
{
	struct table_counts totals, live, retired;
	uint64_t errors;

	table_run_totals(run, &totals, &errors);
	assert_same(&totals, sent);
	table_run_live(run, &live);
	table_run_retired(run, &retired);
	add_counts(&live, &retired);
	assert_same(&live, &totals);
}

static void bind_to(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus), 0);
}

/* Some flows that every CPU has, and many that come once. */
static void *send_thread(void *argument)
{
	struct sender *sender = argument;
	unsigned int random = sender->cpu * 2654435761u + 1, count = kinds();

	bind_to(sender->cpu);
	for (unsigned int i = 0; i < frames_of_cpu(); i++) {
		random = random * 1664525 + 1013904223;
		table_run_send(sender->run, i % KIDOS_PROGRAMS, (random >> 24) % count,
			       random >> 31 ? random >> 8 & 7 : random >> 8 & 0xffff,
			       &sender->sent);
	}
	return NULL;
}

/* A few flows as fast as it goes, all CPUs the same ones. */
static void *burst_thread(void *argument)
{
	struct sender *sender = argument;
	unsigned int udp = (unsigned int)(packet_kind_find("udp") - packet_kinds);

	bind_to(sender->cpu);
	for (unsigned int i = 0; i < bursts_of_cpu(); i++)
		table_run_burst(sender->run, i % KIDOS_PROGRAMS, udp, i % 4, BURST, &sender->sent);
	sender->done = true;
	return NULL;
}

static int take_spill(void *context, void *data, size_t size)
{
	const struct kidos_spill *spill = data;
	struct reader *reader = context;

	assert_int_equal(size, sizeof(*spill));
	reader->spilled.packets += spill->packets;
	reader->spilled.bytes += spill->bytes;
	return 0;
}

static struct kidos_count totals_of(const struct table_run *run)
{
	struct table_counts totals;
	uint64_t errors;

	table_run_totals(run, &totals, &errors);
	return table_sum(&totals);
}

/*
 * What the totals had is in an entry or retired by the end of the scan;
 * entries and what had been retired before it are in the totals. Each CPU may
 * be between the two with one packet.
 */
static void scan_once(const struct reader *reader)
{
	struct table_counts counts;
	struct kidos_count before = totals_of(reader->run), early, live, late;

	table_run_retired(reader->run, &counts);
	early = table_sum(&counts);
	table_run_live(reader->run, &counts);
	live = table_sum(&counts);
	table_run_retired(reader->run, &counts);
	late = table_sum(&counts);
	assert_true(before.packets <= live.packets + late.packets + reader->cpus);
	assert_true(early.packets + live.packets <= totals_of(reader->run).packets + reader->cpus);
	assert_true(early.bytes + live.bytes <= totals_of(reader->run).bytes);
}

static void *read_thread(void *argument)
{
	struct reader *reader = argument;

	while (!reader->stop) {
		/* The walk of a hash map that changes starts again: only the table is read
		 * meanwhile. */
		if (!reader->run->meta.baseline)
			scan_once(reader);
		if (reader->ring)
			ring_buffer__consume(reader->ring);
		reader->scans++;
		sched_yield();
	}
	return NULL;
}

static void set_spilling(const struct table_run *run, bool wanted)
{
	const struct kidos_spilling spilling = { .wanted = wanted };
	const unsigned int zero = 0;

	assert_int_equal(
		bpf_map_update_elem(run->maps.fd[KIDOS_MAP_SPILLING], &zero, &spilling, BPF_ANY),
		0);
}

static unsigned int start_senders(const struct table_run *run, struct sender *senders,
				  void *(*send)(void *sender))
{
	unsigned int count = 0;
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && count < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			senders[count++] = (struct sender){ .run = run, .cpu = cpu };
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send, &senders[i]), 0);
	return count;
}

static void join_senders(struct sender *senders, unsigned int count, struct table_counts *sent)
{
	*sent = (struct table_counts){};
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(senders[i].thread, NULL);
		add_counts(sent, &senders[i].sent);
	}
}

/* Each packet that left or never had an entry: in the ring, or with a reason. */
static void assert_reasons(const struct table_run *run, struct reader *reader,
			   const struct table_counts *sent)
{
	struct table_counts live, totals;
	uint64_t events[KIDOS_EVENTS], errors, explained, keyless = 0;

	table_run_totals(run, &totals, &errors);
	table_run_live(run, &live);
	assert_int_equal(kidos_maps_events(&run->maps, events), 0);
	assert_int_equal(events[KIDOS_EVENT_SPILLED] + events[KIDOS_EVENT_SPILL_LOST],
			 events[KIDOS_EVENT_EVICTED]);
	/* ARP and what is no IP have no flow and no fault. */
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		keyless += sent->classes[d][KIDOS_CLASS_ARP].packets +
			   sent->classes[d][KIDOS_CLASS_OTHER].packets;
	printf("# %u scans; %llu sent, %llu evicted, %llu without an entry, %llu malformed\n",
	       reader->scans, (unsigned long long)table_sum(sent).packets,
	       (unsigned long long)events[KIDOS_EVENT_EVICTED],
	       (unsigned long long)events[KIDOS_EVENT_UNATTRIBUTED], (unsigned long long)errors);
	explained = table_sum(&live).packets + reader->spilled.packets +
		    events[KIDOS_EVENT_UNATTRIBUTED] + errors + keyless;
	/* A reader that was held up loses flows of the ring, each of a packet or more. */
	if (events[KIDOS_EVENT_SPILL_LOST])
		assert_true(explained + events[KIDOS_EVENT_SPILL_LOST] <= table_sum(sent).packets);
	else
		assert_int_equal(explained, table_sum(sent).packets);
	assert_true(events[KIDOS_EVENT_EVICTED] + events[KIDOS_EVENT_UNATTRIBUTED] > 0);
}

static void test_overload(bool hash)
{
	static struct sender senders[CPUS_MAX];
	struct table_run run;
	struct reader reader = { .run = &run };
	struct table_counts sent;

	assert_int_equal(table_run_open(&run, NEVER, hash), 0);
	if (!run.meta.baseline) {
		set_spilling(&run, true);
		reader.ring =
			ring_buffer__new(run.maps.fd[KIDOS_MAP_SPILLS], take_spill, &reader, NULL);
	}
	reader.cpus = run.maps.cpus;
	assert_int_equal(pthread_create(&reader.thread, NULL, read_thread, &reader), 0);
	join_senders(senders, start_senders(&run, senders, send_thread), &sent);
	reader.stop = true;
	pthread_join(reader.thread, NULL);
	if (reader.ring)
		ring_buffer__consume(reader.ring);
	assert_exact(&run, &sent);
	assert_reasons(&run, &reader, &sent);
	ring_buffer__free(reader.ring);
	table_run_close(&run);
}

/* By the kernel's ticks, which come late where the CPU is somebody else's. */
static unsigned int remove_idle(struct table_run *run, unsigned int count)
{
	unsigned int removed = 0;

	for (unsigned int tries = 0; tries < 100 && removed < count; tries++) {
		removed += table_run_remove(run, 3);
		usleep(removed < count ? 50000 : 0);
	}
	return removed;
}

/* Idle entries are given away without a spill; the hash map's are removed by the reader. */
static void test_idle(bool hash)
{
	struct table_counts sent = {}, retired;
	uint64_t events[KIDOS_EVENTS];
	struct table_run run;
	unsigned int udp = (unsigned int)(packet_kind_find("udp") - packet_kinds);

	assert_int_equal(table_run_open(&run, 3, hash), 0);
	for (unsigned int round = 0; round < 4; round++) {
		for (unsigned int i = 0; i < 200; i++)
			table_run_send(&run, i % KIDOS_PROGRAMS, udp, round * 200 + i, &sent);
		usleep(50000); /* 12 units */
		if (run.meta.baseline)
			assert_int_equal(remove_idle(&run, 200), 200);
	}
	assert_exact(&run, &sent);
	table_run_retired(&run, &retired);
	assert_true(table_sum(&retired).packets > 0);
	assert_int_equal(kidos_maps_events(&run.maps, events), 0);
	printf("# %llu retired, %llu evicted\n", (unsigned long long)table_sum(&retired).packets,
	       (unsigned long long)events[KIDOS_EVENT_EVICTED]);
	table_run_close(&run);
}

static void test_table_overload(void **state)
{
	(void)state;
	test_overload(false);
}

static void test_hash_overload(void **state)
{
	(void)state;
	test_overload(true);
}

static void test_table_idle(void **state)
{
	(void)state;
	test_idle(false);
}

static void test_hash_idle(void **state)
{
	(void)state;
	test_idle(true);
}

static bool all_done(const struct sender *senders, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!senders[i].done)
			return false;
	return true;
}

/*
 * Entries are removed while every CPU sends packets of just these flows: none
 * is lost between the last look at an entry and its end, nor by the two
 * writers of `retired`.
 */
static void test_hash_remove(void **state)
{
	static struct sender senders[CPUS_MAX];
	unsigned int count, rounds = 0, removed = 0;
	struct table_counts sent;
	struct table_run run;

	(void)state;
	assert_int_equal(table_run_open(&run, NEVER, true), 0);
	count = start_senders(&run, senders, burst_thread);
	while (!all_done(senders, count)) {
		removed += table_run_remove(&run, -AHEAD);
		rounds++;
	}
	join_senders(senders, count, &sent);
	printf("# %u entries removed in %u rounds\n", removed, rounds);
	assert_true(removed >= 8);
	assert_exact(&run, &sent);
	table_run_close(&run);
}

/*
 * A slot is emptied, in all rounds but the first while the packets of another
 * take its idle entries on every CPU: nothing of it is left, and all of the
 * other is there.
 */
static void test_slot_wipe(void **state)
{
	static struct sender senders[CPUS_MAX];
	const bool gone[KIDOS_SLOTS_MAX] = { [TABLE_SLOT] = true };
	struct table_counts old = {}, sent = {}, more, left;
	unsigned int udp = (unsigned int)(packet_kind_find("udp") - packet_kinds), count;
	struct table_run run;

	(void)state;
	assert_int_equal(table_run_open(&run, 3, false), 0);
	if (run.meta.baseline) {
		print_message("# a hash map's entries are removed when they are idle\n");
		skip();
	}
	for (unsigned int round = 0; round < 5; round++) {
		table_run_slot(&run, TABLE_SLOT);
		for (unsigned int i = 0; i < TABLE_SETS * KIDOS_WAYS; i++)
			table_run_send(&run, KIDOS_PROGRAM_XDP, udp, 0x100000 + i, &old);
		usleep(50000); /* 12 units */
		table_run_slot(&run, TABLE_SLOT + 1);
		if (!round)
			assert_int_equal(kidos_slots_wipe(&run.maps, gone), 0);
		count = start_senders(&run, senders, send_thread);
		if (round)
			assert_int_equal(kidos_slots_wipe(&run.maps, gone), 0);
		join_senders(senders, count, &more);
		add_counts(&sent, &more);
		assert_exact(&run, &sent);
		run.slot = TABLE_SLOT;
		assert_int_equal(totals_of(&run).packets, 0);
		table_run_retired(&run, &left);
		assert_int_equal(table_sum(&left).packets, 0);
	}
	table_run_close(&run);
}

/* A table full of other flows than before; how many entries were evicted for them. */
static uint64_t fill_anew(const struct table_run *run, struct table_counts *sent)
{
	unsigned int udp = (unsigned int)(packet_kind_find("udp") - packet_kinds);
	static unsigned int flow = 0x200000;
	uint64_t before[KIDOS_EVENTS], after[KIDOS_EVENTS];

	usleep(25000); /* no packet is under way any more */
	assert_int_equal(kidos_maps_events(&run->maps, before), 0);
	for (unsigned int i = 0; i < TABLE_SETS * KIDOS_WAYS; i++)
		table_run_send(run, KIDOS_PROGRAM_XDP, udp, flow++, sent);
	assert_int_equal(kidos_maps_events(&run->maps, after), 0);
	return after[KIDOS_EVENT_EVICTED] - before[KIDOS_EVENT_EVICTED];
}

static bool open_spilling(struct table_run *run)
{
	assert_int_equal(table_run_open(run, NEVER, false), 0);
	if (!run->meta.baseline)
		return true;
	print_message("# a hash map evicts nothing\n");
	table_run_close(run);
	skip();
	return false;
}

/* Evicted = spilled + lost while somebody wants them, in the ring or in the queue; else neither. */
static void test_spills(void **state)
{
	struct table_counts sent = {};
	uint64_t events[KIDOS_EVENTS], wanted = 0, unwanted = 0, first;
	const struct kidos_spill *taken;
	struct kidos_spills spills;
	struct table_run run;

	(void)state;
	if (!open_spilling(&run))
		return;
	for (int i = 0; i < 4; i++)
		unwanted += fill_anew(&run, &sent);
	assert_int_equal(kidos_maps_events(&run.maps, events), 0);
	assert_int_equal(events[KIDOS_EVENT_SPILLED] + events[KIDOS_EVENT_SPILL_LOST], 0);

	assert_int_equal(kidos_spills_start(&spills, &run.maps, 1u << KIDOS_SPILLS_FOR_POLL), 0);
	first = fill_anew(&run, &sent);
	assert_int_equal(kidos_spills_take(&spills, KIDOS_SPILLS_FOR_POLL, &taken), first);
	while (wanted < 9000) /* beyond the queue */
		wanted += fill_anew(&run, &sent);
	assert_int_equal(kidos_spills_take(&spills, KIDOS_SPILLS_FOR_POLL, &taken),
			 KIDOS_SPILL_QUEUE);
	kidos_spills_stop(&spills);
	assert_int_equal(kidos_maps_events(&run.maps, events), 0);
	assert_int_equal(events[KIDOS_EVENT_SPILLED], first + KIDOS_SPILL_QUEUE);
	assert_int_equal(events[KIDOS_EVENT_SPILL_LOST], wanted - KIDOS_SPILL_QUEUE);

	unwanted += fill_anew(&run, &sent);
	assert_true(unwanted > 100);
	assert_int_equal(kidos_maps_events(&run.maps, events), 0);
	assert_int_equal(events[KIDOS_EVENT_EVICTED], unwanted + first + wanted);
	assert_int_equal(events[KIDOS_EVENT_SPILLED] + events[KIDOS_EVENT_SPILL_LOST],
			 first + wanted);
	assert_exact(&run, &sent);
	table_run_close(&run);
}

/* The ring's reader is woken for a batch, not for a flow. */
static void test_spill_batches(void **state)
{
	const uint64_t batch = KIDOS_SPILL_BATCH / (sizeof(struct kidos_spill) + 8);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct table_counts sent = {};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct table_run run;
	uint64_t spilled = 0;

	(void)state;
	if (!open_spilling(&run))
		return;
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, run.maps.fd[KIDOS_MAP_SPILLS], &event), 0);
	set_spilling(&run, true);
	fill_anew(&run, &sent);
	while (spilled < batch - TABLE_SETS * KIDOS_WAYS)
		spilled += fill_anew(&run, &sent);
	assert_int_equal(epoll_wait(epoll, &event, 1, 100), 0);
	while (spilled <= batch)
		spilled += fill_anew(&run, &sent);
	assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
	assert_exact(&run, &sent);
	close(epoll);
	table_run_close(&run);
}

static void send_gso(const struct table_run *run, enum kidos_program program,
		     const struct packet_kind *kind, const struct __sk_buff *context)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context, .ctx_size_in = sizeof(*context),
		    .repeat = 1);
	struct packet packet;

	packet_build(kind, &packet_defaults, 1, &packet);
	options.data_in = packet.bytes;
	options.data_size_in = (__u32)packet.length;
	/* Refused: an IPv4 frame below 34 bytes. */
	bpf_prog_test_run_opts(kidos_traffic_fd(run->traffic, program), &options);
}

/* Every kind of frame as a GSO skb, also those of which the length of the headers is not known. */
static void test_gso(void **state)
{
	static const struct {
		__u32 segs, size;
	} shapes[] = { { 0, 0 }, { 1, 1 },  { 10, 20 },      { 10, 0 },
		       { 0, 7 }, { 0, 60 }, { 65535, 9000 }, { 3, 65535 } };
	struct table_counts totals, live, retired;
	struct table_run run;
	uint64_t errors;

	(void)state;
	assert_int_equal(table_run_open(&run, NEVER, false), 0);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (unsigned int kind = 0; kind < kinds(); kind++) {
			const struct __sk_buff context = { .gso_segs = shapes[i].segs,
							   .gso_size = shapes[i].size };

			send_gso(&run, KIDOS_PROGRAM_TC_INGRESS, &packet_kinds[kind], &context);
			send_gso(&run, KIDOS_PROGRAM_TC_EGRESS, &packet_kinds[kind], &context);
		}
	table_run_totals(&run, &totals, &errors);
	table_run_live(&run, &live);
	table_run_retired(&run, &retired);
	add_counts(&live, &retired);
	assert_same(&live, &totals);
	assert_true(table_sum(&totals).packets > 65535);
	table_run_close(&run);
}

static unsigned int online_cpus(void)
{
	return (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
}

static void set_online(unsigned int cpu, const char *value)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(value, file);
	assert_int_equal(fclose(file), 0);
}

/* The counts of a CPU that went stay; those that never came are zeros. Guests only. */
static void test_cpus(void **state)
{
	static struct sender senders[CPUS_MAX];
	struct table_counts sent, more;
	struct table_run run;
	unsigned int online = online_cpus();

	(void)state;
	if (online < 2 || kidos_possible_cpus() == online) {
		print_message("# every possible CPU is online\n");
		skip();
	}
	assert_int_equal(table_run_open(&run, NEVER, false), 0);
	join_senders(senders, start_senders(&run, senders, send_thread), &sent);
	set_online(online - 1, "0");
	assert_int_equal(online_cpus(), online - 1);
	assert_exact(&run, &sent);
	join_senders(senders, start_senders(&run, senders, send_thread), &more);
	add_counts(&sent, &more);
	assert_exact(&run, &sent);
	set_online(online - 1, "1");
	assert_exact(&run, &sent);
	printf("# %u CPUs possible, %u online, then %u\n", run.maps.cpus, online, online - 1);
	table_run_close(&run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "table: more flows than fit, all CPUs, read meanwhile", test_table_overload, NULL,
		  NULL, NULL },
		{ "table: idle flows make room", test_table_idle, NULL, NULL, NULL },
		{ "table: hash map: more flows than fit, all CPUs", test_hash_overload, NULL, NULL,
		  NULL },
		{ "table: hash map: idle flows are removed", test_hash_idle, NULL, NULL, NULL },
		{ "table: hash map: removed while packets come", test_hash_remove, NULL, NULL,
		  NULL },
		{ "table: evicted flows: spilled, lost or unwanted", test_spills, NULL, NULL,
		  NULL },
		{ "table: evicted flows wake their reader by the batch", test_spill_batches, NULL,
		  NULL, NULL },
		{ "table: GSO: entries + retired = totals for every kind of frame", test_gso, NULL,
		  NULL, NULL },
		{ "table: a slot is emptied while packets come", test_slot_wipe, NULL, NULL, NULL },
		{ "table: more CPUs possible than online, and one that goes", test_cpus, NULL, NULL,
		  NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("table", tests, NULL, NULL) != 0;
}
