/* SPDX-License-Identifier: MIT */
#include "ctl/resolve.h"
#include "core/flow_key.h"
#include "core/text.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PATIENCE 3.0 /* seconds a poll */
#define ANSWERS 1024 /* remembered; a power of two */

static struct answer {
	struct kidos_flow_key key; /* the address, as a source; no protocol */
	bool known;
	char name[CTL_NAME];
} answers[ANSWERS];

static double deadline;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void ctl_resolve_begin(void)
{
	deadline = seconds() + PATIENCE;
}

static bool ask_resolver(const union kidos_address *address, bool ipv4, char name[CTL_NAME])
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { address->words[3] } };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char raw[NI_MAXHOST];

	memcpy(&in6.sin6_addr, address->bytes, sizeof(in6.sin6_addr));
	if (getnameinfo(ipv4 ? (void *)&in : (void *)&in6, ipv4 ? sizeof(in) : sizeof(in6), raw,
			sizeof(raw), NULL, 0, NI_NAMEREQD))
		return false;
	kidos_text_escape(raw, name, CTL_NAME);
	return true;
}

void ctl_resolve(const union kidos_address *address, bool ipv4, char name[CTL_NAME])
{
	struct kidos_flow_key key = { .src = *address, .meta = ipv4 ? KIDOS_META_IPV4 : 0 };
	struct answer *answer = &answers[kidos_key_hash(&key, 0) & (ANSWERS - 1)];

	if (!answer->known || memcmp(&answer->key, &key, sizeof(key))) {
		kidos_address_text(address, ipv4, name);
		if (seconds() >= deadline)
			return;
		answer->key = key;
		answer->known = true;
		memcpy(answer->name, name, KIDOS_TEXT_ADDRESS);
		ask_resolver(address, ipv4, answer->name);
	}
	memcpy(name, answer->name, CTL_NAME);
}
