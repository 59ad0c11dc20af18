/* SPDX-License-Identifier: MIT */
#include "core/prefix.h"
#include "core/flow_key.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <string.h>

bool kidos_prefix_holds(const struct kidos_prefix *prefix, const union kidos_address *address)
{
	union kidos_address masked = *address;

	kidos_address_mask(&masked, prefix->ipv4, prefix->bits);
	return !memcmp(&masked, &prefix->address, sizeof(masked));
}

static bool parse_address(const char *text, struct kidos_prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->ipv4 = inet_pton(AF_INET, text, &prefix->address.words[3]) == 1;
	if (!prefix->ipv4)
		return inet_pton(AF_INET6, text, prefix->address.bytes) == 1;
	prefix->address.bytes[10] = prefix->address.bytes[11] = 0xff;
	return true;
}

bool kidos_prefix_parse(const char *text, struct kidos_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[KIDOS_TEXT_ADDRESS];
	uint64_t bits, most;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!parse_address(address, prefix))
		return false;
	bits = most = prefix->ipv4 ? 32 : 128;
	if (slash && !kidos_text_number(slash + 1, 0, most, &bits))
		return false;
	prefix->bits = (unsigned int)bits;
	kidos_address_mask(&prefix->address, prefix->ipv4, prefix->bits);
	return true;
}
