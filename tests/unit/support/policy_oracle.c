/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_oracle.h"

uint64_t oracle_random(void)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Addresses that lie near each other: prefixes meet, and lie in one another. */
static void random_address(union kidos_address *address, bool ipv4)
{
	uint64_t spread = oracle_random() % 8;

	if (ipv4 || spread == 7) {
		/* As IPv6 a v4-mapped one, which no IPv4 prefix holds. */
		address->halves[0] = 0;
		address->words[2] = htonl(0xffff);
		address->words[3] = htonl(spread ? 0x0a000000 | (uint32_t)oracle_random() % 4096
						 : (uint32_t)oracle_random());
		return;
	}
	address->halves[0] =
		htobe64(spread ? 0x20010db800000000 | oracle_random() % 64 : oracle_random());
	address->halves[1] = spread == 1 ? htobe64(oracle_random() % 4096) : oracle_random();
}

static void address_text(const union kidos_address *address, bool ipv4, char text[64])
{
	inet_ntop(ipv4 ? AF_INET : AF_INET6,
		  ipv4 ? (const void *)&address->words[3] : (const void *)address, text, 64);
}

static void random_prefix(struct kidos_prefix *prefix, bool ipv4)
{
	unsigned int most = ipv4 ? 32 : 128;
	union kidos_address address;
	char text[72];

	random_address(&address, ipv4);
	address_text(&address, ipv4, text);
	sprintf(text + strlen(text), "/%u",
		oracle_random() % 8 ? most / 2 + (unsigned int)oracle_random() % (most / 2 + 1)
				    : (unsigned int)oracle_random() % (most + 1));
	assert_true(kidos_prefix_parse(text, prefix));
	assert_int_equal(prefix->ipv4, ipv4);
}

/* Odd lengths are denied: so nothing is both. */
static char *add_prefixes(char *at, size_t count, bool ipv4, bool denied)
{
	for (size_t i = 0; i < count; i++) {
		struct kidos_prefix prefix;
		char address[64];

		random_prefix(&prefix, ipv4);
		if (prefix.bits % 2 != denied)
			continue;
		address_text(&prefix.address, ipv4, address);
		at += sprintf(at, "%s\"%s/%u\"", at[-1] == '[' ? "" : ",", address, prefix.bits);
	}
	return at;
}

void oracle_file(struct kidos_policy_file *file, size_t most_v4, size_t most_v6)
{
	size_t v4 = most_v4 ? 2 + oracle_random() % most_v4 : 0;
	size_t v6 = most_v6 ? 2 + oracle_random() % most_v6 : 0;
	char *text = malloc((v4 + v6) * 160 + 256), *at = text, reason[KIDOS_REASON];

	assert_non_null(text);
	for (unsigned int denied = 0; denied < 2; denied++) {
		at += sprintf(at, "%s\"%s\": [", denied ? "], " : "{",
			      denied ? "denied_cidrs" : "permitted_cidrs");
		at = add_prefixes(at, v4, true, denied);
		at = add_prefixes(at, v6, false, denied);
	}
	at += sprintf(at, "]}");
	if (kidos_policy_parse(file, "random", text, (size_t)(at - text), reason))
		fail_msg("%s", reason);
	free(text);
}

static void step_address(union kidos_address *address, int by)
{
	unsigned __int128 number =
		(unsigned __int128)be64toh(address->halves[0]) << 64 | be64toh(address->halves[1]);

	number += (unsigned __int128)by;
	address->halves[0] = htobe64((uint64_t)(number >> 64));
	address->halves[1] = htobe64((uint64_t)number);
}

static void address_at(const struct kidos_prefix *prefix, union kidos_address *address)
{
	unsigned int most = prefix->ipv4 ? 32 : 128;
	uint64_t which = oracle_random() % 4;

	*address = prefix->address;
	for (unsigned int bit = prefix->bits; which & 1 && bit < most; bit++)
		address->bytes[(128 - most + bit) / 8] |= 0x80 >> (128 - most + bit) % 8;
	if (which & 2)
		step_address(address, which & 1 ? 1 : -1);
	if (prefix->ipv4) {
		address->halves[0] = 0;
		address->words[2] = htonl(0xffff);
	}
}

void oracle_address(const struct kidos_policy *policy, bool ipv4, union kidos_address *address)
{
	const struct kidos_policy_prefix *entry = NULL;

	if (policy->count && oracle_random() % 2)
		entry = &policy->prefixes[oracle_random() % policy->count];
	if (entry && entry->prefix.ipv4 == ipv4)
		address_at(&entry->prefix, address);
	else
		random_address(address, ipv4);
}

static bool holds(const struct kidos_prefix *prefix, const union kidos_address *address)
{
	unsigned int from = prefix->ipv4 ? 96 : 0;

	for (unsigned int bit = from; bit < from + prefix->bits; bit++)
		if ((prefix->address.bytes[bit / 8] ^ address->bytes[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

enum kidos_verdict oracle_judge(const struct kidos_policy *policy,
				const union kidos_address *address, bool ipv4)
{
	enum kidos_verdict verdict = KIDOS_VERDICT_REFUSE;
	bool policed = false;
	int longest = -1;

	for (size_t i = 0; i < policy->count; i++) {
		const struct kidos_policy_prefix *entry = &policy->prefixes[i];

		if (entry->prefix.ipv4 != ipv4)
			continue;
		policed = true;
		if ((int)entry->prefix.bits <= longest || !holds(&entry->prefix, address))
			continue;
		longest = (int)entry->prefix.bits;
		verdict = entry->permit ? KIDOS_VERDICT_PERMIT : KIDOS_VERDICT_REFUSE;
	}
	return policed ? verdict : KIDOS_VERDICT_PERMIT;
}
