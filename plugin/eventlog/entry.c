/* SPDX-License-Identifier: MIT */
#include "eventlog/entry.h"
#include "core/hash.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
	[KIDOS_LOG_FLOW] = "flow",
	[KIDOS_LOG_ALERT] = "alert",
	[KIDOS_LOG_SUMMARY] = "summary",
	[KIDOS_LOG_TOTAL] = "total",
};

static const char *const protocols[] = {
	[IPPROTO_ICMP] = "ICMP", [IPPROTO_TCP] = "TCP",       [IPPROTO_UDP] = "UDP",
	[IPPROTO_GRE] = "GRE",   [IPPROTO_ESP] = "ESP",       [IPPROTO_AH] = "AH",
	[IPPROTO_SCTP] = "SCTP", [IPPROTO_ICMPV6] = "ICMPv6",
};

const char *kidos_log_protocol(unsigned int protocol, char buffer[8])
{
	if (protocol < sizeof(protocols) / sizeof(protocols[0]) && protocols[protocol])
		return protocols[protocol];
	snprintf(buffer, 8, "%u", protocol & 0xff);
	return buffer;
}

uint64_t kidos_log_flow_hash(const struct kidos_flow_key *key)
{
	const unsigned char rest[] = {
		(unsigned char)(key->sport >> 8),       (unsigned char)key->sport,
		(unsigned char)(key->dport >> 8),       (unsigned char)key->dport,
		(unsigned char)kidos_key_protocol(key),
	};
	uint64_t hash = kidos_fnv(KIDOS_FNV, key->src.bytes, sizeof(key->src));

	hash = kidos_fnv(hash, key->dst.bytes, sizeof(key->dst));
	return kidos_fnv(hash, rest, sizeof(rest));
}

void kidos_log_fill_flow(struct kidos_log_entry *entry, const struct kidos_flow_key *key)
{
	kidos_address_text(&key->src, kidos_key_is_ipv4(key), entry->src);
	kidos_address_text(&key->dst, kidos_key_is_ipv4(key), entry->dst);
	entry->sport = key->sport;
	entry->dport = key->dport;
	entry->protocol = kidos_key_protocol(key);
	entry->protocol_name = kidos_log_protocol(entry->protocol, entry->protocol_number);
	entry->hash = kidos_log_flow_hash(key);
	kidos_community_id(key, entry->community_id);
}

/* A notice has its protocol as text: a name of core/names.c, or a number. */
static void fill_protocol(struct kidos_log_entry *entry, const char *text)
{
	entry->protocol_name = text;
	entry->protocol = (unsigned int)atoi(text);
	for (unsigned int i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i] && !strcasecmp(text, protocols[i])) {
			entry->protocol_name = protocols[i];
			entry->protocol = i;
		}
}

void kidos_log_fill_alert(struct kidos_log_entry *entry, const struct kidos_notice *notice)
{
	const union kidos_notice_value *values = notice->values;

	entry->kind = KIDOS_LOG_ALERT;
	entry->escaped = true;
	entry->time_ns = entry->first_ns = entry->last_ns = notice->time_ns;
	snprintf(entry->src, sizeof(entry->src), "%s", values[KIDOS_NOTICE_SRC].text);
	snprintf(entry->dst, sizeof(entry->dst), "%s", values[KIDOS_NOTICE_DST].text);
	entry->sport = (unsigned int)values[KIDOS_NOTICE_SPORT].number;
	entry->dport = (unsigned int)values[KIDOS_NOTICE_DPORT].number;
	fill_protocol(entry, values[KIDOS_NOTICE_PROTO].text);
	entry->action = values[KIDOS_NOTICE_ACTIVE].boolean ? "active" : "ended";
	entry->interface = notice->instance;
	snprintf(entry->community_id, sizeof(entry->community_id), "%s",
		 values[KIDOS_NOTICE_COMMUNITY_ID].text);
	entry->alert = notice->kind;
	entry->alert_id = values[KIDOS_NOTICE_ALERT_ID].text;
	entry->message = notice->message;
}

/* --- columns --- */

#define COLUMN(name, call)                                                                 \
	static void name(struct kidos_log_text *text, const struct kidos_log_entry *entry) \
	{                                                                                  \
		call;                                                                      \
	}

COLUMN(put_time, kidos_log_put_seconds(text, entry->time_ns))
COLUMN(put_iso, kidos_log_put_utc(text, entry->time_ns))
COLUMN(put_src, kidos_log_put_string(text, entry->src))
COLUMN(put_dst, kidos_log_put_string(text, entry->dst))
COLUMN(put_sport, kidos_log_put_number(text, entry->sport))
COLUMN(put_dport, kidos_log_put_number(text, entry->dport))
COLUMN(put_protocol, kidos_log_put_string(text, entry->protocol_name))
COLUMN(put_protocol_number, kidos_log_put_number(text, entry->protocol))
COLUMN(put_action, kidos_log_put_string(text, entry->action))
COLUMN(put_interface, kidos_log_put_string(text, entry->interface))
COLUMN(put_packets, kidos_log_put_number(text, entry->packets))
COLUMN(put_bytes, kidos_log_put_number(text, entry->bytes))
COLUMN(put_first, kidos_log_put_seconds(text, entry->first_ns))
COLUMN(put_last, kidos_log_put_seconds(text, entry->last_ns))
COLUMN(put_community, kidos_log_put_string(text, entry->community_id))
COLUMN(put_kind, kidos_log_put_string(text, kind_names[entry->kind]))
COLUMN(put_alert, kidos_log_put_string(text, entry->alert))
COLUMN(put_alert_id, kidos_log_put_string(text, entry->alert_id))
COLUMN(put_message, kidos_log_put_string(text, entry->message))

static uint64_t mean_size(const struct kidos_log_entry *entry)
{
	return entry->packets ? entry->bytes / entry->packets : 0;
}

static void put_size(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	kidos_log_put_number(text, entry->first_size ? entry->first_size : mean_size(entry));
}

static void put_least(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	if (entry->least_size)
		kidos_log_put_number(text, entry->least_size);
}

static void put_most(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	if (entry->most_size)
		kidos_log_put_number(text, entry->most_size);
}

static void put_hash(struct kidos_log_text *text, const struct kidos_log_entry *entry)
{
	if (entry->hash)
		kidos_log_put_hex(text, entry->hash);
}

const struct kidos_log_column kidos_log_columns[] = {
	{ "timestamp", false, false, put_time },
	{ "timestamp_iso", true, false, put_iso },
	{ "src_ip", true, false, put_src },
	{ "dst_ip", true, false, put_dst },
	{ "src_port", false, false, put_sport },
	{ "dst_port", false, false, put_dport },
	{ "protocol", true, false, put_protocol },
	{ "protocol_num", false, false, put_protocol_number },
	{ "packet_size", false, false, put_size },
	{ "action", true, false, put_action },
	{ "interface", true, false, put_interface },
	{ "flow_hash", true, false, put_hash },
	{ "packets", false, false, put_packets },
	{ "bytes", false, false, put_bytes },
	{ "min_size", false, false, put_least },
	{ "max_size", false, false, put_most },
	{ "first", false, false, put_first },
	{ "last", false, false, put_last },
	{ "community_id", true, false, put_community },
	{ "kind", true, false, put_kind },
	{ "alert", true, true, put_alert },
	{ "alert_id", true, true, put_alert_id },
	{ "message", true, true, put_message },
	{},
};
