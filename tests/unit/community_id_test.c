/* SPDX-License-Identifier: MIT */
/*
 * Community IDs against golden values: a built-in few (of the specification's
 * own baseline), both directions of each kind, and the whole baseline.json
 * when KIDOS_CORPUS names a folder that has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/community_id.h"

/* Ports as the specification has them: ICMP's are type and code or counterpart. */
struct vector {
	int protocol;
	const char *src, *dst;
	int sport, dport;
	const char *id;
};

static const struct vector vectors[] = {
	{ 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=" },
	{ 6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
	  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
	{ 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=" }, /* one way */
	{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136,
	  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	{ 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	  "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=" }, /* one way */
	{ 46, "10.1.12.2", "10.1.12.1", -1, -1, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=" }, /* no ports */
};

static void parse_address(const char *text, union kidos_address *address, __u32 *meta)
{
	if (inet_pton(AF_INET, text, &address->words[3]) == 1) {
		address->bytes[10] = address->bytes[11] = 0xff;
		*meta |= KIDOS_META_IPV4;
		return;
	}
	assert_int_equal(inet_pton(AF_INET6, text, address->bytes), 1);
}

/* Messages that have a counterpart put it where others have their code: code 0 then. */
static int code_of(const struct vector *vector)
{
	static const int answering[] = { 0, 8, 9, 10, 13, 14, 15, 16, 17, 18 };

	if (vector->protocol == 58)
		return vector->sport >= 128 ? 0 : vector->dport;
	for (size_t i = 0; i < sizeof(answering) / sizeof(answering[0]); i++)
		if (answering[i] == vector->sport)
			return 0;
	return vector->dport;
}

static void check(const struct vector *vector)
{
	struct kidos_flow_key key = { .meta = (__u32)vector->protocol };
	char id[KIDOS_COMMUNITY_ID];

	parse_address(vector->src, &key.src, &key.meta);
	parse_address(vector->dst, &key.dst, &key.meta);
	if (vector->protocol == 1 || vector->protocol == 58) {
		key.sport = 4711; /* the echo's identifier is not in the ID */
		key.dport = (__u16)(vector->sport << 8 | code_of(vector));
	} else if (vector->sport >= 0) {
		key.sport = (__u16)vector->sport;
		key.dport = (__u16)vector->dport;
	}
	kidos_community_id(&key, id);
	assert_string_equal(id, vector->id);
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check(&vectors[i]);
}

static int number(struct json_object *row, const char *name)
{
	struct json_object *value = json_object_object_get(row, name);

	return value ? json_object_get_int(value) : -1;
}

static const char *text(struct json_object *row, const char *name)
{
	return json_object_get_string(json_object_object_get(row, name));
}

static void test_baseline(void **state)
{
	const char *corpus = getenv("KIDOS_CORPUS");
	struct json_object *rows;
	char path[4096];

	(void)state;
	if (!corpus) {
		print_message("# KIDOS_CORPUS is not set\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/community-id/baseline.json", corpus);
	rows = json_object_from_file(path);
	assert_non_null(rows);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		struct vector vector = { number(row, "proto"), text(row, "saddr"),
					 text(row, "daddr"),   number(row, "sport"),
					 number(row, "dport"), text(row, "communityid") };

		check(&vector);
	}
	print_message("# %zu golden values\n", json_object_array_length(rows));
	assert_true(json_object_array_length(rows) > 10);
	json_object_put(rows);
}

/* What only differs in direction, VLAN, interface or, without ports, in the port fields. */
static void test_not_hashed(void **state)
{
	struct kidos_flow_key key = { .sport = 1, .dport = 2, .meta = 17 | KIDOS_META_IPV4 };
	char plain[KIDOS_COMMUNITY_ID], other[KIDOS_COMMUNITY_ID];

	(void)state;
	kidos_community_id(&key, plain);
	key.meta |= 5u << KIDOS_META_SLOT_SHIFT | 100u << KIDOS_META_VLAN_SHIFT |
		    1u << KIDOS_META_DIRECTION_SHIFT;
	kidos_community_id(&key, other);
	assert_string_equal(plain, other);
	key.sport = 3;
	kidos_community_id(&key, other);
	assert_string_not_equal(plain, other);
	key.meta = 136 | KIDOS_META_IPV4; /* UDP-Lite: the specification gives it no ports */
	kidos_community_id(&key, plain);
	key.sport = 4;
	kidos_community_id(&key, other);
	assert_string_equal(plain, other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "community id: golden values", test_vectors, NULL, NULL, NULL },
		{ "community id: the whole baseline", test_baseline, NULL, NULL, NULL },
		{ "community id: what is not in it", test_not_hashed, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("community id", tests, NULL, NULL) != 0;
}
