/* SPDX-License-Identifier: MIT */
/* Files of captures: blocks, rotation, limits, who may put what into the folder; orders, ledgers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/expression.h"
#include "capture/files.h"
#include "capture/ledger.h"
#include "capture/pcapng.h"
#include "capture/recent.h"
#include "capture/verify.h"
#include "capture/writer.h"
#include "core/notification.h"
#include "core/now.h"

#define SECOND 1000000000ull
#define MOMENT (1767323045ull * SECOND) /* 2026-01-02T03:04:05Z */

static char folder[] = "/tmp/kidos-capture-XXXXXX";
static char reason[KIDOS_REASON];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
	char command[sizeof(folder) + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* The first line that the command prints. */
static void run(char *line, int size, const char *command_of, const char *name)
{
	char command[512];
	FILE *pipe;

	snprintf(command, sizeof(command), "set -- %s; %s", name, command_of);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	if (!fgets(line, size, pipe))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	pclose(pipe);
}

static bool has_tshark(void)
{
	return !access("/usr/bin/tshark", X_OK);
}

static size_t write_head(char *to, size_t room)
{
	const struct kidos_pcapng_interface interface = { .name = "eth0",
							  .description = "network namespace x",
							  .link = KIDOS_PCAPNG_ETHERNET,
							  .snap = 64 };
	size_t used = kidos_pcapng_section(to, room, "a comment");

	return used + kidos_pcapng_interface(to + used, room - used, &interface);
}

/* UDP from 10.0.0.1:number to 10.0.0.2:53. */
static void write_frame(uint8_t frame[64], unsigned int number)
{
	static const uint8_t head[] = { 2,  0, 0, 0, 0, 1,  2,  0, 0, 0,  0, 2, 8, 0,  0x45, 0, 0,
					50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0,    0, 2 };

	memset(frame, (int)number, 64);
	memcpy(frame, head, sizeof(head));
	frame[34] = (uint8_t)(number >> 8);
	frame[35] = (uint8_t)number;
	frame[36] = 0;
	frame[37] = 53;
	frame[38] = 0;
	frame[39] = 30;
}

static size_t write_packet(char *to, size_t room, unsigned int number, const char *comment)
{
	const struct kidos_pcapng_packet packet = {
		.time_ns = MOMENT + number,
		.captured = 64,
		.length = 1000,
		.direction = KIDOS_PCAPNG_IN,
		.comment = comment,
	};
	uint8_t frame[64];

	write_frame(frame, number);
	return kidos_pcapng_packet(to, room, &packet, frame);
}

static void save(const char *name, const char *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static void test_blocks(void **state)
{
	char data[4096], name[64], line[512];
	size_t used = write_head(data, sizeof(data));

	(void)state;
	for (unsigned int i = 1; i <= 3; i++)
		used += write_packet(data + used, sizeof(data) - used, i,
				     i == 2 ? "alert_id=1 kind=x" : NULL);
	assert_int_equal(used % 4, 0);
	snprintf(name, sizeof(name), "%s/blocks.pcapng", folder);
	save(name, data, used);
	if (!has_tshark())
		skip();
	run(line, sizeof(line),
	    "tshark -r $1 -Y frame.number==2 -T fields -e frame.len -e frame.cap_len -e "
	    "frame.time_epoch -e udp.srcport -e frame.comment -e frame.interface_name -e "
	    "frame.interface_description 2>/dev/null",
	    name);
	assert_string_equal(line, "1000\t64\t1767323045.000000002\t2\talert_id=1 kind=x\teth0\t"
				  "network namespace x");
	run(line, sizeof(line), "capinfos -c -M -T -r $1", name);
	assert_non_null(strstr(line, "\t3"));
}

/* Each block at each room: whole or not at all, and never a byte further. */
static void test_rooms(void **state)
{
	char whole[512], cut[513];
	size_t size = write_packet(whole, sizeof(whole), 1, "x");

	(void)state;
	assert_true(size > 0);
	for (size_t room = 0; room <= size + 4; room++) {
		memset(cut, '!', sizeof(cut));
		assert_int_equal(write_packet(cut, room, 1, "x"), room < size ? 0 : size);
		assert_int_equal(cut[room], '!');
	}
	assert_memory_equal(cut, whole, size);
}

/* A tag that the kernel took out stands where it was on the wire. */
static void test_tag(void **state)
{
	const struct kidos_pcapng_packet packet = { .captured = 64,
						    .length = 68,
						    .tag = 0x81000007 };
	static const uint8_t wanted[] = { 0x81, 0, 0, 7, 8, 0 };
	char block[256];
	uint8_t frame[64];

	(void)state;
	write_frame(frame, 1);
	assert_int_equal(kidos_pcapng_packet(block, sizeof(block), &packet, frame), 28 + 68 + 4);
	assert_memory_equal(block + 28 + 12, wanted, sizeof(wanted));
}

static struct kidos_files_names names = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t count_files(uint64_t *bytes)
{
	char pattern[sizeof(folder) + 32];
	struct stat stat_of;
	glob_t found;
	size_t count;

	*bytes = 0;
	snprintf(pattern, sizeof(pattern), "%s/kidos-*.pcapng", folder);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	count = found.gl_pathc;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(stat(found.gl_pathv[i], &stat_of), 0);
		assert_int_equal(stat_of.st_mode & 07777, 0600);
		*bytes += (uint64_t)stat_of.st_size;
	}
	globfree(&found);
	return count;
}

static void test_rotation(void **state)
{
	struct kidos_files_rules rules = { .folder = kidos_folder_open(folder, reason),
					   .folder_bytes = 100000,
					   .rotate_bytes = 1000,
					   .kept = 3,
					   .names = &names };
	char head[512], packets[500];
	struct kidos_files files;
	uint64_t bytes;

	(void)state;
	memset(packets, 0, sizeof(packets));
	assert_true(rules.folder >= 0);
	assert_int_equal(kidos_files_open(&files, &rules, 1, head, write_head(head, 512)), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(kidos_files_write(&files, packets, sizeof(packets)), 0);
	assert_int_equal(count_files(&bytes), 3);
	assert_true(bytes <= 3 * rules.rotate_bytes);
	kidos_files_close(&files);
	close(rules.folder);
}

/* The folder's limit: the oldest go, those in use stay, and then there is no room. */
static void test_folder_limit(void **state)
{
	struct kidos_files_rules rules = { .folder = kidos_folder_open(folder, reason),
					   .folder_bytes = 4000,
					   .kept = 100,
					   .names = &names };
	char head[512], packets[1000] = "";
	struct kidos_files files;
	uint64_t bytes;

	(void)state;
	for (unsigned int i = 1; i <= 6; i++) {
		assert_int_equal(kidos_files_open(&files, &rules, i, head, write_head(head, 512)),
				 0);
		assert_int_equal(kidos_files_write(&files, packets, sizeof(packets)), 0);
		kidos_files_close(&files);
	}
	count_files(&bytes);
	assert_true(bytes > 0 && bytes <= rules.folder_bytes);
	assert_int_equal(kidos_files_open(&files, &rules, 7, head, write_head(head, 512)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(kidos_files_write(&files, packets, sizeof(packets)), 0);
	/* Its own file is in use, and there is no other left. */
	assert_int_equal(kidos_files_write(&files, packets, sizeof(packets)), -ENOSPC);
	assert_int_equal(count_files(&bytes), 1);
	kidos_files_close(&files);
	close(rules.folder);
}

static void test_folder_safe(void **state)
{
	char name[KIDOS_FOLDER_NAME], path[128], link[128];
	int fd = kidos_folder_open(folder, reason);

	(void)state;
	assert_true(fd >= 0);
	kidos_folder_name(name, MOMENT, 7, 1);
	assert_string_equal(name, "kidos-20260102T030405Z-7-1.pcapng");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(kidos_folder_create(fd, name), -EEXIST);
	close(fd);
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink(folder, link), 0);
	assert_int_equal(kidos_folder_open(link, reason), -ENOTDIR);
	chmod(folder, 0777);
	assert_int_equal(kidos_folder_open(folder, reason), -EPERM);
	chmod(folder, 0700);
}

static atomic_int ended;

static void count_end(struct kidos_sheaf *sheaf)
{
	kidos_files_close(&sheaf->files);
	atomic_fetch_add(&ended, 1);
}

static int count_descriptors(void)
{
	glob_t found;
	int count;

	assert_int_equal(glob("/proc/self/fd/*", 0, NULL, &found), 0);
	count = (int)found.gl_pathc;
	globfree(&found);
	return count;
}

/* A thousand captures, one after the other: descriptors and chunks come back. */
static void test_cycles(void **state)
{
	struct kidos_files_rules rules = { .folder = kidos_folder_open(folder, reason),
					   .folder_bytes = 20000,
					   .kept = 2,
					   .names = &names };
	struct kidos_writer *writer = kidos_writer_open(count_end);
	struct kidos_sheaf sheaf = {};
	int descriptors = count_descriptors();
	struct kidos_chunk *chunk;
	char head[512];

	(void)state;
	ended = 0;
	for (int i = 1; i <= 1000; i++) {
		assert_int_equal(kidos_files_open(&sheaf.files, &rules, (uint64_t)i, head,
						  write_head(head, 512)),
				 0);
		chunk = kidos_writer_get(writer);
		assert_non_null(chunk);
		chunk->used = write_packet(chunk->data, KIDOS_CHUNK, 1, NULL);
		chunk->packets = 1;
		chunk->sheaf = &sheaf;
		chunk->last = true;
		kidos_writer_put(writer, chunk);
		while (atomic_load(&ended) < i)
			usleep(50);
	}
	assert_int_equal(atomic_load(&sheaf.written), 1000);
	assert_int_equal(count_descriptors(), descriptors);
	for (int i = 0; i < KIDOS_CHUNKS; i++)
		assert_non_null(kidos_writer_get(writer));
	assert_null(kidos_writer_get(writer));
	assert_true(kidos_writer_close(writer, 1));
	close(rules.folder);
}

static void test_order(void **state)
{
	static const char *const wrong[] = {
		"host=",
		"host=x",
		"port=0",
		"port=65536",
		"proto=256",
		"snap=63",
		"snap=x",
		"x=1",
		"=",
		"packets=-1",
		"host=1.1.1.1\nhost=1.1.1.2\nhost=1.1.1.3",
	};
	const char *text = "interface=m:veth\nhost=10.0.0.0/8\nhost=2001:db8::1\nport=53\n"
			   "proto=17\npackets=5\nseconds=30\nfilter=udp and ip[8] = 1\n";
	char words[256], again[256];
	struct kidos_order order;

	(void)state;
	assert_true(kidos_order_parse(text, &order, reason));
	assert_true(kidos_order_write(&order, again, sizeof(again)));
	assert_string_equal(again, text);
	assert_false(kidos_order_write(&order, again, strlen(text)));
	kidos_order_words(&order, words, sizeof(words));
	assert_string_equal(words, "m:veth, host 10.0.0.0/8, host 2001:db8::1, port 53, udp, "
				   "filter \"udp and ip[8] = 1\"");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(kidos_order_parse(wrong[i], &order, reason));
	assert_true(kidos_order_parse("interface=a\033[2Jb\n", &order, reason));
	kidos_order_words(&order, words, sizeof(words));
	assert_string_equal(words, "a\\x1b[2Jb");
}

static bool compiles(const char *text)
{
	struct kidos_expression *expression = kidos_expression_compile(text, true, 1600, reason);

	kidos_expression_free(expression);
	return expression;
}

static void test_expression(void **state)
{
	static const char *const right[] = {
		"tcp port 80",
		"host 10.0.0.1 and not port 22",
		"net 10.0.0.0/8",
		"ip6 host 2001:db8::1",
		"ether host 02:00:00:00:00:01",
		"tcp[tcpflags] & tcp-syn != 0",
		"ip[6:2] & 0x1fff = 0",
		"portrange 80-90",
		"vlan 7 and udp",
		"ip proto \\tcp",
	};
	static const char *const wrong[] = {
		"host example.com",
		"port http",
		"net loopback",
		"host",
		"and",
		"host \"x\"",
		"ether host nobody",
		"tcp port",
		"gateway router",
		"host $HOME",
	};
	struct kidos_expression *expression;
	uint8_t frame[64];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(compiles(right[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(compiles(wrong[i]));
	write_frame(frame, 5);
	expression = kidos_expression_compile("udp src port 5", true, 1600, reason);
	assert_true(kidos_expression_matches(expression, frame, 64, 64));
	frame[35] = 6;
	assert_false(kidos_expression_matches(expression, frame, 64, 64));
	kidos_expression_free(expression);
}

/* Five packets of a host, and what its ledger says of them. */
static size_t write_evidence(char *to, size_t room, struct kidos_ledger *ledger)
{
	struct kidos_pcapng_statistics statistics = {};
	char text[KIDOS_LEDGER_TEXT];
	size_t used = write_head(to, room);

	for (unsigned int i = 1; i <= 5; i++)
		used += write_packet(to + used, room - used, i, NULL);
	kidos_ledger_write(ledger, text);
	statistics.comment = text;
	return used + kidos_pcapng_statistics(to + used, room - used, &statistics);
}

static struct kidos_ledger ledger_of_five(void)
{
	struct kidos_ledger ledger = { .started_ns = MOMENT,
				       .ended_ns = MOMENT + SECOND,
				       .first_ns = MOMENT + 1,
				       .last_ns = MOMENT + 5,
				       .files = 1,
				       .matched = 7 };

	ledger.fates[KIDOS_FATE_WRITTEN] = 5;
	ledger.fates[KIDOS_FATE_RING] = 2;
	assert_true(kidos_order_parse("host=10.0.0.1\nport=53\nproto=17\n", &ledger.order, reason));
	return ledger;
}

static size_t faults_of(const char *data, size_t size)
{
	static struct kidos_verified verified;

	kidos_verify(data, size, &verified);
	return verified.fault_count;
}

static void test_verify(void **state)
{
	struct kidos_ledger ledger = ledger_of_five();
	char data[4096];
	size_t size = write_evidence(data, sizeof(data), &ledger);

	(void)state;
	assert_int_equal(faults_of(data, size), 0);
	for (size_t cut = 0; cut < size; cut++)
		assert_true(faults_of(data, cut) > 0);
	ledger.matched++;
	size = write_evidence(data, sizeof(data), &ledger);
	assert_int_equal(faults_of(data, size), 1);
	ledger = ledger_of_five();
	ledger.fates[KIDOS_FATE_WRITTEN]--, ledger.matched--;
	size = write_evidence(data, sizeof(data), &ledger);
	assert_int_equal(faults_of(data, size), 1);
	ledger = ledger_of_five();
	ledger.order.filter.ports[0] = 54;
	size = write_evidence(data, sizeof(data), &ledger);
	assert_int_equal(faults_of(data, size), 1);
	ledger = ledger_of_five();
	ledger.started_ns += 3 * SECOND, ledger.ended_ns += 3 * SECOND;
	size = write_evidence(data, sizeof(data), &ledger);
	assert_int_equal(faults_of(data, size), 1);
}

/* Whatever a file has in it, reading it stays within it (the sanitizer's build looks). */
static void test_verify_noise(void **state)
{
	struct kidos_ledger ledger = ledger_of_five();
	char data[4096], *copy;
	size_t size = write_evidence(data, sizeof(data), &ledger);

	(void)state;
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		copy = malloc(size);
		memcpy(copy, data, size);
		for (int k = 0; k < 4; k++)
			copy[(size_t)random() % size] = (char)random();
		faults_of(copy, size);
		free(copy);
	}
}

static void test_recent(void **state)
{
	struct kidos_recent recent = {
		.records = calloc(KIDOS_PACKET_RECORDS, sizeof(*recent.records)),
		.pairs = calloc(KIDOS_PAIRS, sizeof(*recent.pairs)),
	};
	struct kidos_packet packet = { .has_key = 1, .key.meta = 17 | KIDOS_META_IPV4 };
	uint64_t packets = 0, bytes = 0;
	struct kidos_packet_record record;
	struct kidos_pair pair;

	(void)state;
	for (unsigned int i = 0; i < 3 * KIDOS_PAIRS; i++) {
		packet.key.src.words[3] = i % (2 * KIDOS_PAIRS);
		kidos_recent_take(&recent, 1, i + 1, 100, &packet);
	}
	packet.has_key = 0;
	kidos_recent_take(&recent, 1, 1, 60, &packet);
	for (unsigned int i = 0; i < KIDOS_PAIRS; i++) {
		if (!kidos_pair_read(&recent.pairs[i], &pair))
			continue;
		packets += pair.packets;
		bytes += pair.bytes;
	}
	assert_true(packets > KIDOS_PAIRS);
	assert_int_equal(packets + recent.unpaired.packets, 3 * KIDOS_PAIRS);
	assert_int_equal(bytes + recent.unpaired.bytes, 300 * KIDOS_PAIRS);
	assert_int_equal(recent.keyless.packets, 1);
	assert_true(kidos_record_read(&recent.records[3 * KIDOS_PAIRS % KIDOS_PACKET_RECORDS],
				      &record));
	assert_int_equal(record.sequence, 3 * KIDOS_PAIRS + 1);
	kidos_recent_clear(&recent);
	for (unsigned int i = 0; i < KIDOS_PAIRS; i++)
		assert_false(kidos_pair_read(&recent.pairs[i], &pair));
	free(recent.records);
	free(recent.pairs);
}

#define CASE(name, function)                                                 \
	{                                                                    \
		"capture: " name, function, make_folder, remove_folder, NULL \
	}

/* What a notification of another plugin names is captured, else everything. */
static void test_foreign(void **state)
{
	static const struct kidos_job_ports ports = {
		.count = 2,
		.items = { { .name = "eth0", .label = "eth0" },
			   { .name = "eth1", .netns_name = "blue", .label = "blue:eth1" } },
	};
	static const struct {
		const char *plugin, *instance, *type, *type_instance, *wanted, *why;
	} cases[] = {
		{ "interface", "eth0", "if_octets", "", "interface=eth0\n",
		  "notification=interface-eth0/if_octets" },
		{ "drops", "if", "packets", "blue:eth1", "interface=blue:eth1\n",
		  "notification=drops-if/packets-blue:eth1" },
		{ "ping", "", "ping", "192.0.2.7", "host=192.0.2.7\n",
		  "notification=ping/ping-192.0.2.7" },
		{ "snmp", "2001:db8::1", "if_octets", "eth1", "host=2001:db8::1\n",
		  "notification=snmp-2001:db8::1/if_octets-eth1" },
		{ "df", "10.0.0.0/8", "percent", "used", "",
		  "notification=df-10.0.0.0/8/percent-used" },
		{ "load", "", "load", "", "", "notification=load/load" },
		{ "a\nb", "\xff", "c", "", "", "notification=a\\x0ab-\\xff/c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kidos_notification notification = {
			.plugin = cases[i].plugin,
			.plugin_instance = cases[i].instance,
			.type = cases[i].type,
			.type_instance = cases[i].type_instance,
		};
		struct kidos_order order;
		char text[256];

		kidos_foreign_order(&ports, &notification, &order);
		assert_true(kidos_order_write(&order, text, sizeof(text)));
		assert_string_equal(text, cases[i].wanted);
		assert_string_equal(order.why, cases[i].why);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE("tshark and capinfos read what was written", test_blocks),
		CASE("a block is written whole or not at all", test_rooms),
		CASE("a tag in metadata is put back", test_tag),
		CASE("files rotate, and the oldest goes", test_rotation),
		CASE("the folder has a limit", test_folder_limit),
		CASE("no link is followed, no folder of others used", test_folder_safe),
		CASE("a thousand captures leave nothing", test_cycles),
		CASE("an order is read as it was written", test_order),
		CASE("what another plugin's notification names", test_foreign),
		CASE("an expression has no names", test_expression),
		CASE("a ledger holds, and where it does not", test_verify),
		CASE("a file that is noise", test_verify_noise),
		CASE("pairs and records are exact", test_recent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("capture", tests, NULL, NULL) != 0;
}
