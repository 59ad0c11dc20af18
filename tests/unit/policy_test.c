/* SPDX-License-Identifier: MIT */
/* The policy file, its tables against a linear search, and what passes whatever its source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "parse_build.h"
#include "policy.h"
#include "policy_oracle.h"
#include "policy/table.h"

#define ROUNDS 200
#define ADDRESSES 5000 /* a round: a million in all */
#define PREFIXES_MAX 400

static void test_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "f:1: ends too early" },
		{ "{", "f:1: ends too early" },
		{ "[]", "f:1: the whole text: no object" },
		{ "null ", "f:1: the whole text: no object" },
		{ "{}", "f:1: permitted_cidrs is missing" },
		{ "{}\n{}", "f:2: " },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/8\",]}", "f:1: " },
		{ "{\"permitted_cidrs\":\n [\"10.0.0.0/8\",\n\"10.0.0.0\"]}",
		  "f:3: permitted_cidrs[1] \"10.0.0.0\": no prefix length" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/\"]}",
		  "\"10.0.0.0/\": its prefix length is empty" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/x\"]}", "its prefix length is no number" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/+8\"]}", "its prefix length is no number" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/08\"]}", "its prefix length is no number" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/8 \"]}", "its prefix length is no number" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/-1\"]}", "its prefix length is no number" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/33\"]}", "a prefix length over 32" },
		{ "{\"permitted_cidrs\": [\"::/129\"]}", "a prefix length over 128" },
		{ "{\"permitted_cidrs\": [\"::/99999999999999999999999\"]}", "over 128" },
		{ "{\"permitted_cidrs\": [\"10.0.0/8\"]}", "no IPv4 or IPv6 address" },
		{ "{\"permitted_cidrs\": [\"10.0.0.256/8\"]}", "no IPv4 or IPv6 address" },
		{ "{\"permitted_cidrs\": [\"fe80::1%eth0/64\"]}", "no IPv4 or IPv6 address" },
		{ "{\"permitted_cidrs\": [\"/8\"]}", "no IPv4 or IPv6 address" },
		{ "{\"permitted_cidrs\": [\"\"]}", "permitted_cidrs[0] \"\": an empty text" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/8/8\"]}", "more than one slash" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/8\\u0000\"]}", "a NUL in it" },
		{ "{\"permitted_cidrs\": [\"a\\nb\\u001b/8\"]}", "\"a\\x0ab\\x1b/8\": no IPv4" },
		{ "{\"permitted_cidrs\": [10]}", "permitted_cidrs[0] \"10\": no text" },
		{ "{\"permitted_cidrs\": [[\"10.0.0.0/8\"]]}", "no text" },
		{ "{\"permitted_cidrs\": \"10.0.0.0/8\"}", "permitted_cidrs: no list" },
		{ "{\"permitted\": []}", "f:1: permitted: no such key" },
		{ "{\"permitted_cidrs\": [],\n\"permitted_cidrs\": []}",
		  "f:2: a key is used twice" },
		{ "{\"permitted_cidrs\": [],\n\"permitted_cidr\\u0073\": []}",
		  "a key is used twice" },
		{ "{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n\"denied_cidrs\": [\n\"10.1.0.0/8\"]}",
		  "f:3: 10.0.0.0/8 is permitted and denied, here and in line 1" },
		{ "{\"interfaces\": {\"eth0\": {\n\"denied_cidrs\": []}}}",
		  "f:1: interfaces.eth0.permitted_cidrs is missing" },
		{ "{\"interfaces\": {\"eth0\": {\n\"permitted_cidrs\": [\"x/1\"]}}}",
		  "f:2: interfaces.eth0.permitted_cidrs[0] \"x/1\": no IPv4" },
		{ "{\"interfaces\": {\"eth0\": {\n\"interfaces\": {}}}}",
		  "interfaces.eth0.interfaces: no such" },
		{ "{\"interfaces\": {\"\": {\"permitted_cidrs\": []}}}",
		  "no name of an interface" },
		{ "{\"interfaces\": []}", "f:1: interfaces: no object" },
		{ "{\"permitted_cidrs\": [[[[[[[[[]]]]]]]]]}", "f:1: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kidos_policy_file file;
		char reason[KIDOS_REASON] = "";
		int error =
			kidos_policy_parse(&file, "f", rows[i].text, strlen(rows[i].text), reason);

		if (!error || !strstr(reason, rows[i].words))
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].text, reason,
				 rows[i].words);
		assert_int_equal(file.count, 0);
	}
}

static void test_taken(void **state)
{
	static const char text[] =
		"{ \"description\": \"hosts\",\n"
		"  \"permitted_cidrs\": [\"10.0.0.0/8\", \"10.0.0.0/8\",\n"
		"    \"192.168.1.77/24\", \"2001:DB8::/32\", \"::/0\"],\n"
		"  \"denied_cidrs\": [],\n"
		"  \"interfaces\": {\"ns:eth0\": {\"permitted_cidrs\": [\"0.0.0.0/0\"]}} }\n";
	struct kidos_policy_file file;
	char reason[KIDOS_REASON] = "";

	(void)state;
	assert_int_equal(kidos_policy_parse(&file, "f", text, strlen(text), reason), 0);
	assert_int_equal(file.count, 2);
	assert_int_equal(file.policies[0].count, 4);
	assert_int_equal(file.policies[1].count, 1);
	assert_string_equal(file.policies[1].interface, "ns:eth0");
	assert_int_equal(file.masked, 1);
	assert_int_equal(file.masked_line, 3);
	assert_int_equal(file.twice, 1);
	assert_int_equal(kidos_policy_for(&file, "ns:eth0", ""), 1);
	assert_int_equal(kidos_policy_for(&file, "eth0", "ns:eth0"), 1);
	assert_int_equal(kidos_policy_for(&file, "eth0", ""), 0);
	assert_int_equal(kidos_policy_room(&file), KIDOS_POLICY_ROOM_SMALL);
	kidos_policy_free(&file);
}

static void assert_file(const char *path, const char *words)
{
	struct kidos_policy_file file;
	char reason[KIDOS_REASON] = "";

	assert_int_not_equal(kidos_policy_load(&file, path, reason), 0);
	if (!strstr(reason, words))
		fail_msg("%s: \"%s\" instead of \"%s\"", path, reason, words);
}

static void test_path(void **state)
{
	char folder[] = "/tmp/kidos-policy-XXXXXX", path[64], link[64];
	struct kidos_policy_file file;
	char reason[KIDOS_REASON];
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/p.json", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_file(path, "No such file");
	out = fopen(path, "w");
	fputs("{\"permitted_cidrs\": [\"10.0.0.0/8\"]}", out);
	fclose(out);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(kidos_policy_load(&file, path, reason), 0);
	kidos_policy_free(&file);
	assert_int_equal(symlink(path, link), 0);
	assert_file(link, "a symbolic link");
	assert_file(folder, "no regular file");
	assert_int_equal(chmod(path, 0666), 0);
	if (!geteuid())
		assert_file(path, "others may write to it");
	unlink(link);
	unlink(path);
	rmdir(folder);
}

static void compare_round(bool ipv4, struct kidos_policy_table *table)
{
	enum kidos_policy_family family = ipv4 ? KIDOS_POLICY_IPV4 : KIDOS_POLICY_IPV6;
	struct kidos_policy_file file;
	const struct kidos_policy *policy = &file.policies[0];
	union kidos_address address;

	oracle_file(&file, ipv4 ? PREFIXES_MAX : 0, ipv4 ? 0 : PREFIXES_MAX);
	memset(table, 0, KIDOS_POLICY_ROOM_SMALL);
	assert_int_equal(kidos_policy_fill(policy, family, table, KIDOS_POLICY_ROOM_SMALL), 0);
	for (unsigned int i = 0; policy->families[family] && i < ADDRESSES; i++) {
		oracle_address(policy, ipv4, &address);
		assert_int_equal(kidos_policy_judge(table, KIDOS_POLICY_ROOM_SMALL, &address, ipv4),
				 oracle_judge(policy, &address, ipv4));
	}
	kidos_policy_free(&file);
}

static void test_oracle(void **state)
{
	struct kidos_policy_table *table = malloc(KIDOS_POLICY_ROOM_SMALL);

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++)
		compare_round(i % 2, table);
	free(table);
}

static void test_edges(void **state)
{
	static const struct {
		const char *text, *address;
		enum kidos_verdict verdict;
	} rows[] = {
		{ "\"0.0.0.0/0\"", "255.255.255.255", KIDOS_VERDICT_PERMIT },
		{ "\"0.0.0.0/0\"", "0.0.0.0", KIDOS_VERDICT_PERMIT },
		{ "\"255.255.255.255/32\"", "255.255.255.255", KIDOS_VERDICT_PERMIT },
		{ "\"255.255.255.255/32\"", "255.255.255.254", KIDOS_VERDICT_REFUSE },
		{ "\"10.0.0.0/8\"", "8.8.8.0", KIDOS_VERDICT_REFUSE },
		{ "\"10.0.0.0/8\"", "0.0.0.10", KIDOS_VERDICT_REFUSE },
		{ "\"::/0\"", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", KIDOS_VERDICT_PERMIT },
		{ "\"::1/128\"", "::1", KIDOS_VERDICT_PERMIT },
		{ "\"::1/128\"", "::", KIDOS_VERDICT_REFUSE },
		/* A v4-mapped source is an IPv6 one. */
		{ "\"10.0.0.0/8\", \"2001:db8::/32\"", "::ffff:10.0.0.1", KIDOS_VERDICT_REFUSE },
		{ "\"::ffff:10.0.0.0/104\"", "::ffff:10.0.0.1", KIDOS_VERDICT_PERMIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kidos_policy_table *table = calloc(1, KIDOS_POLICY_ROOM_SMALL);
		bool ipv4 = !strchr(rows[i].address, ':');
		struct kidos_policy_file file;
		struct kidos_prefix address;
		char text[128], reason[KIDOS_REASON];

		snprintf(text, sizeof(text), "{\"permitted_cidrs\": [%s]}", rows[i].text);
		assert_int_equal(kidos_policy_parse(&file, "f", text, strlen(text), reason), 0);
		assert_true(kidos_prefix_parse(rows[i].address, &address));
		assert_int_equal(kidos_policy_fill(&file.policies[0],
						   ipv4 ? KIDOS_POLICY_IPV4 : KIDOS_POLICY_IPV6,
						   table, KIDOS_POLICY_ROOM_SMALL),
				 0);
		assert_int_equal(
			kidos_policy_judge(table, KIDOS_POLICY_ROOM_SMALL, &address.address, ipv4),
			rows[i].verdict);
		kidos_policy_free(&file);
		free(table);
	}
}

#define MANY 100000

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* None meets another, so that each has two starts. */
static void test_many(void **state)
{
	struct kidos_policy_table *table = malloc(KIDOS_POLICY_ROOM_LARGE);
	char *text = malloc(2 * MANY * 40), *at = text, reason[KIDOS_REASON];
	struct kidos_policy_file file;
	double begin;

	(void)state;
	at += sprintf(at, "{\"permitted_cidrs\": [");
	for (unsigned int i = 0; i < MANY; i++)
		at += sprintf(at, "\"%u.%u.%u.%u/31\",\n\"2001:db8:%x:%x::/64\"%s", i >> 13,
			      i >> 6 & 0x7f, i & 0x3f, 4, i >> 15, 2 * i & 0xffff,
			      i == MANY - 1 ? "]}" : ",\n");
	begin = seconds();
	assert_int_equal(kidos_policy_parse(&file, "f", text, (size_t)(at - text), reason), 0);
	assert_int_equal(kidos_policy_room(&file), KIDOS_POLICY_ROOM_LARGE);
	for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++) {
		memset(table, 0, KIDOS_POLICY_ROOM_LARGE);
		assert_int_equal(
			kidos_policy_fill(&file.policies[0], f, table, KIDOS_POLICY_ROOM_LARGE), 0);
		assert_int_equal(table->count, 2 * MANY);
		assert_int_equal(
			kidos_policy_fill(&file.policies[0], f, table, KIDOS_POLICY_ROOM_SMALL),
			-E2BIG);
	}
	printf("# 2 x %d prefixes in %.0f ms\n", MANY, (seconds() - begin) * 1e3);
	kidos_policy_free(&file);
	free(text);
	free(table);
}

/* from, to: addresses of its IP header, which follows `tags` tags. */
static enum kidos_exempt exempt_of(const char *words, const char *from, const char *to, int hops,
				   unsigned int tags)
{
	static struct parse_frame frame;
	struct kidos_frame view;
	struct kidos_prefix source, target;
	__u8 *ip = frame.bytes + 14 + 4 * tags;
	__be32 destination;

	assert_int_equal(parse_build(words, &frame), 0);
	assert_true(kidos_prefix_parse(from, &source) && kidos_prefix_parse(to, &target));
	if (source.ipv4) {
		memcpy(ip + 12, &source.address.words[3], 4);
		memcpy(ip + 16, &target.address.words[3], 4);
	} else {
		memcpy(ip + 8, source.address.bytes, 16);
		memcpy(ip + 24, target.address.bytes, 16);
		ip[7] = (__u8)hops;
	}
	view = parse_view(&frame, frame.bytes);
	return kidos_policy_exempt(&view, &destination);
}

static void test_exempt(void **state)
{
	static const struct {
		const char *words, *from, *to;
		int hops;
		enum kidos_exempt exempt;
		unsigned int tags;
	} rows[] = {
		{ "eth ip4 udp(sp=67,dp=68) data(240)", "9.9.9.9", "255.255.255.255", 0,
		  KIDOS_EXEMPT, 0 },
		{ "eth ip4 udp(sp=67,dp=68) data(240)", "9.9.9.9", "10.0.0.5", 0, KIDOS_EXEMPT_HERE,
		  0 },
		{ "eth vlan(id=5) ip4 udp(sp=67,dp=68) data(240)", "9.9.9.9", "255.255.255.255", 0,
		  KIDOS_EXEMPT, 1 },
		{ "eth ip4 udp(sp=68,dp=67) data(240)", "0.0.0.0", "255.255.255.255", 0,
		  KIDOS_EXEMPT, 0 },
		{ "eth ip4 udp(sp=68,dp=67) data(240)", "9.9.9.9", "255.255.255.255", 0,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip4 udp(sp=68,dp=67) data(240)", "0.0.0.0", "10.0.0.5", 0, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip4(frag=0x2000) udp(sp=67,dp=68) data(240)", "9.9.9.9", "255.255.255.255",
		  0, KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip4(frag=1) udp(sp=67,dp=68) data(240)", "9.9.9.9", "255.255.255.255", 0,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip4 tcp(sp=67,dp=68)", "9.9.9.9", "255.255.255.255", 0, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip4 udp(sp=67,dp=69) data(240)", "9.9.9.9", "255.255.255.255", 0,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 icmp6(type=135) data(20)", "2001:db8::1", "ff02::1", 255, KIDOS_EXEMPT,
		  0 },
		{ "eth ip6 icmp6(type=133)", "::", "ff02::2", 255, KIDOS_EXEMPT, 0 },
		{ "eth ip6 icmp6(type=137) data(32)", "fe80::1", "fe80::2", 255, KIDOS_EXEMPT, 0 },
		{ "eth ip6 icmp6(type=135) data(20)", "fe80::1", "ff02::1", 254, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 icmp6(type=135,code=1) data(20)", "fe80::1", "ff02::1", 255,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 icmp6(type=128) data(20)", "fe80::1", "ff02::1", 255, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 icmp6(type=132) data(20)", "fe80::1", "ff02::1", 255, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 icmp6(type=138) data(20)", "fe80::1", "ff02::1", 255, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 dst icmp6(type=135) data(20)", "fe80::1", "ff02::1", 255,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 fh icmp6(type=135) data(20)", "fe80::1", "ff02::1", 255,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 hbh icmp6(type=143) data(20)", "fe80::1", "ff02::16", 1, KIDOS_EXEMPT,
		  0 },
		{ "eth ip6 hbh icmp6(type=130) data(20)", "fe80::1", "ff02::1", 1, KIDOS_EXEMPT,
		  0 },
		{ "eth ip6 hbh icmp6(type=143) data(20)", "::", "ff02::16", 1, KIDOS_EXEMPT, 0 },
		{ "eth ip6 hbh icmp6(type=143) data(20)", "2001:db8::1", "ff02::16", 1,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 hbh icmp6(type=143) data(20)", "fe80::1", "ff02::16", 2,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 hbh(len=1) icmp6(type=143) data(20)", "fe80::1", "ff02::16", 1,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 hbh icmp6(type=128) data(20)", "fe80::1", "ff02::16", 1,
		  KIDOS_EXEMPT_NOT, 0 },
		{ "eth ip6 icmp6(type=143) data(20)", "fe80::1", "ff02::16", 1, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 udp(sp=547,dp=546) data(60)", "fe80::1", "fe80::2", 64, KIDOS_EXEMPT,
		  0 },
		{ "eth ip6 udp(sp=546,dp=547) data(60)", "febf::1", "ff02::1:2", 1, KIDOS_EXEMPT,
		  0 },
		{ "eth ip6 udp(sp=547,dp=546) data(60)", "fec0::1", "fe80::2", 64, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 udp(sp=547,dp=547) data(60)", "fe80::1", "fe80::2", 64, KIDOS_EXEMPT_NOT,
		  0 },
		{ "eth ip6 tcp(sp=547,dp=546)", "fe80::1", "fe80::2", 64, KIDOS_EXEMPT_NOT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum kidos_exempt exempt = exempt_of(rows[i].words, rows[i].from, rows[i].to,
						     rows[i].hops, rows[i].tags);

		if (exempt != rows[i].exempt)
			fail_msg("%s from %s: %d", rows[i].words, rows[i].from, exempt);
	}
}

/* A frame that is cut anywhere is read no further, and exempts nothing it cannot show. */
static void test_cut(void **state)
{
	static const char *const kinds[] = {
		"eth ip4 udp(sp=67,dp=68) data(20)", "eth ip6 icmp6(type=135) data(20)",
		"eth ip6 hbh icmp6(type=143) data(20)",
		"eth vlan(id=1) vlan(id=2) ip6 udp(sp=547,dp=546) data(8)"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct parse_frame frame;

		assert_int_equal(parse_build(kinds[i], &frame), 0);
		for (__u32 size = 0; size <= frame.size; size++) {
			/* Of its own, so that a sanitizer sees the first byte behind. */
			__u8 *bytes = malloc(size ? size : 1);
			struct kidos_frame view = { .data = bytes,
						    .data_end = bytes + size,
						    .length = size };
			union kidos_address source;
			__be32 destination;

			memcpy(bytes, frame.bytes, size);
			if (size < 42)
				assert_int_equal(kidos_policy_exempt(&view, &destination),
						 KIDOS_EXEMPT_NOT);
			else
				kidos_policy_exempt(&view, &destination);
			if (size < 34)
				assert_int_equal(kidos_policy_source(&view, &source), 0);
			else
				kidos_policy_source(&view, &source);
			free(bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_taken),
		cmocka_unit_test(test_path),    cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_edges),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_exempt),  cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
