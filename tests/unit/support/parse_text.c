/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/names.h"
#include "parse_text.h"

/* clang-format off */
const char *const parse_tunnel_names[] = {
	[KIDOS_TUNNEL_NONE] = "none",	[KIDOS_TUNNEL_GRE] = "gre",
	[KIDOS_TUNNEL_VXLAN] = "vxlan", [KIDOS_TUNNEL_GENEVE] = "geneve",
	[KIDOS_TUNNEL_IPIP] = "ipip",	[KIDOS_TUNNEL_6IN4] = "6in4",
};
/* clang-format on */

__attribute__((format(printf, 2, 3))) static void append(char *line, const char *format, ...)
{
	size_t used = strlen(line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + used, PARSE_TEXT_MAX - used, format, arguments);
	va_end(arguments);
}

static void append_address(char *line, const struct kidos_flow_key *key,
			   const union kidos_address *address, __u16 port)
{
	char text[INET6_ADDRSTRLEN];

	if (key->meta & KIDOS_META_IPV4)
		inet_ntop(AF_INET, &address->words[3], text, sizeof(text));
	else
		inet_ntop(AF_INET6, address, text, sizeof(text));
	append(line, "%s.%u", text, port);
}

static void append_key(char *line, const struct kidos_flow_key *key)
{
	append(line, " %u ", key->meta & 0xff);
	append_address(line, key, &key->src, key->sport);
	append(line, ">");
	append_address(line, key, &key->dst, key->dport);
	if (key->meta >> KIDOS_META_VLAN_SHIFT & KIDOS_META_VLAN_MASK)
		append(line, " vlan=%u", key->meta >> KIDOS_META_VLAN_SHIFT & KIDOS_META_VLAN_MASK);
}

void parse_text(const struct kidos_packet *packet, char *line)
{
	snprintf(line, PARSE_TEXT_MAX, "%s", kidos_class_names[packet->class]);
	if (packet->error)
		append(line, " !%s", kidos_error_names[packet->error]);
	if (packet->has_key)
		append_key(line, &packet->key);
	if (packet->inner_vlan)
		append(line, " second=%u", packet->inner_vlan);
	if (packet->headers)
		append(line, " headers=%u", packet->headers);
	if (packet->tcp_flags)
		append(line, " flags=0x%02x", packet->tcp_flags);
	if (packet->tunnel)
		append(line, " %s:%u@%u/%04x", parse_tunnel_names[packet->tunnel],
		       packet->tunnel_id, packet->inner, packet->inner_protocol);
}
