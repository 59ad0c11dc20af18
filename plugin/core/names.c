/* SPDX-License-Identifier: MIT */
#include "core/names.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>

const char *const kidos_class_names[KIDOS_CLASSES] = {
	[KIDOS_CLASS_TCP] = "tcp",   [KIDOS_CLASS_UDP] = "udp",
	[KIDOS_CLASS_ICMP] = "icmp", [KIDOS_CLASS_ICMPV6] = "icmpv6",
	[KIDOS_CLASS_SCTP] = "sctp", [KIDOS_CLASS_GRE] = "gre",
	[KIDOS_CLASS_ESP] = "esp",   [KIDOS_CLASS_AH] = "ah",
	[KIDOS_CLASS_IGMP] = "igmp", [KIDOS_CLASS_OTHER_IP] = "other_ip",
	[KIDOS_CLASS_ARP] = "arp",   [KIDOS_CLASS_OTHER] = "other",
};

const char *const kidos_error_names[KIDOS_PARSE_ERRORS] = {
	[KIDOS_PARSE_OK] = "ok",
	[KIDOS_PARSE_SHORT_LINK] = "short_link",
	[KIDOS_PARSE_VLAN_DEPTH] = "vlan_depth",
	[KIDOS_PARSE_SHORT_IP] = "short_ip",
	[KIDOS_PARSE_IP_VERSION] = "ip_version",
	[KIDOS_PARSE_IP_HEADER] = "ip_header",
	[KIDOS_PARSE_IP_LENGTH] = "ip_length",
	[KIDOS_PARSE_EXT_SHORT] = "ext_short",
	[KIDOS_PARSE_EXT_DEPTH] = "ext_depth",
	[KIDOS_PARSE_SHORT_L4] = "short_l4",
	[KIDOS_PARSE_L4_HEADER] = "l4_header",
	[KIDOS_PARSE_SHORT_TUNNEL] = "short_tunnel",
};

const char *const kidos_event_names[KIDOS_EVENTS] = {
	[KIDOS_EVENT_EVICTED] = "flows_evicted", [KIDOS_EVENT_SPILLED] = "spilled",
	[KIDOS_EVENT_SPILL_LOST] = "spill_lost", [KIDOS_EVENT_UNATTRIBUTED] = "unattributed",
	[KIDOS_EVENT_UNCOUNTED] = "uncounted",
};

const char *const kidos_direction_names[KIDOS_DIRECTIONS] = { "rx", "tx" };

static const char *const protocols[] = {
	[IPPROTO_ICMP] = "icmp", [IPPROTO_IGMP] = "igmp", [IPPROTO_TCP] = "tcp",
	[IPPROTO_UDP] = "udp",   [IPPROTO_DCCP] = "dccp", [IPPROTO_GRE] = "gre",
	[IPPROTO_ESP] = "esp",   [IPPROTO_AH] = "ah",     [IPPROTO_ICMPV6] = "icmpv6",
	[89] = "ospf",           [IPPROTO_SCTP] = "sctp", [IPPROTO_UDPLITE] = "udplite",
};

const char *kidos_protocol_name(unsigned int protocol, char buffer[8])
{
	if (protocol < sizeof(protocols) / sizeof(protocols[0]) && protocols[protocol])
		return protocols[protocol];
	snprintf(buffer, 8, "%u", protocol & 0xff);
	return buffer;
}
