/* SPDX-License-Identifier: MIT */
#include "drops/view.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"
#include "parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const kidos_owner_names[KIDOS_OWNERS] = {
	[KIDOS_OWNER_NONE] = "none",
	[KIDOS_OWNER_SOCKET] = "socket",
	[KIDOS_OWNER_USER] = "user",
	[KIDOS_OWNER_BYSTANDER] = "bystander",
};

/*
 * The programs write 0 to sequence, then the rest, then sequence: it stands for
 * the whole while it is the same before and after. sequence_end catches stores
 * that another processor saw in another order: BPF has no barrier for them.
 */
bool kidos_drop_read(const struct kidos_drop_record *record, uint64_t boot_ns,
		     struct kidos_drop_view *view)
{
	__u64 sequence = __atomic_load_n(&record->sequence, __ATOMIC_ACQUIRE);

	view->record = *record;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!sequence || __atomic_load_n(&record->sequence, __ATOMIC_RELAXED) != sequence ||
	    view->record.sequence_end != sequence)
		return false;
	view->time_ns = view->record.time + boot_ns;
	return view->record.class < KIDOS_CLASSES && view->record.owner < KIDOS_OWNERS;
}

/* What of a record flow filters compare. */
static struct kidos_flow_key key_of(const struct kidos_drop_record *record)
{
	return (struct kidos_flow_key){
		.src = record->src,
		.dst = record->dst,
		.sport = record->sport,
		.dport = record->dport,
		.meta = record->protocol | (record->family == 4 ? KIDOS_META_IPV4 : 0),
	};
}

bool kidos_drop_matches(const struct kidos_drop_filter *filter, const struct kidos_drop_view *view)
{
	const struct kidos_drop_record *record = &view->record;
	struct kidos_flow_key key = key_of(record);

	if (view->time_ns < filter->since_ns)
		return false;
	if (filter->class != KIDOS_FILTER_ANY && filter->class != record->class)
		return false;
	if (filter->pid && (record->owner != KIDOS_OWNER_SOCKET || record->tgid != filter->pid))
		return false;
	if (filter->protocol != KIDOS_FILTER_ANY &&
	    (!record->family || filter->protocol != record->protocol))
		return false;
	if (kidos_flow_filter_has_address(&filter->ends) && !record->family)
		return false;
	return kidos_flow_matches(&filter->ends, &key);
}

bool kidos_drop_filter_needs_records(const struct kidos_drop_filter *filter)
{
	return filter->pid || filter->since_ns || filter->protocol != KIDOS_FILTER_ANY ||
	       kidos_flow_filter_has_address(&filter->ends) ||
	       kidos_flow_filter_has_port(&filter->ends);
}

bool kidos_drop_proto_parse(const char *text, struct kidos_drop_filter *filter)
{
	int protocol, class;

	for (int i = 0; i < KIDOS_CLASSES; i++)
		if (!strcasecmp(text, kidos_class_names[i]))
			filter->class = i;
	if (filter->class != KIDOS_FILTER_ANY)
		return true;
	if (!kidos_protocol_parse(text, &protocol))
		return false;
	class = (int)kidos_class_of((__u8)protocol);
	if (class != KIDOS_CLASS_OTHER_IP)
		filter->class = class;
	else
		filter->protocol = protocol;
	return true;
}

bool kidos_drop_has_ports(const struct kidos_drop_record *record)
{
	struct kidos_flow_key key = key_of(record);

	return record->family && kidos_key_has_ports(&key);
}

static void end_text(const struct kidos_drop_record *record, const union kidos_address *address,
		     unsigned int port, char text[KIDOS_TEXT_END])
{
	char name[KIDOS_TEXT_ADDRESS];

	if (!record->family) {
		strcpy(text, "-");
		return;
	}
	kidos_address_text(address, record->family == 4, name);
	if (!kidos_drop_has_ports(record))
		snprintf(text, KIDOS_TEXT_END, "%s", name);
	else
		snprintf(text, KIDOS_TEXT_END, record->family == 4 ? "%s:%u" : "[%s]:%u", name,
			 port);
}

void kidos_drop_source(const struct kidos_drop_record *record, char text[KIDOS_TEXT_END])
{
	end_text(record, &record->src, record->sport, text);
}

void kidos_drop_destination(const struct kidos_drop_record *record, char text[KIDOS_TEXT_END])
{
	end_text(record, &record->dst, record->dport, text);
}

void kidos_drop_command(const struct kidos_drop_record *record, char text[KIDOS_TEXT_OWNER])
{
	char comm[KIDOS_COMM + 1] = "";

	memcpy(comm, record->comm, KIDOS_COMM);
	kidos_text_escape(comm, text, KIDOS_TEXT_OWNER);
}

void kidos_drop_owner(const struct kidos_drop_record *record, char text[KIDOS_TEXT_OWNER])
{
	char command[KIDOS_TEXT_OWNER], number[16] = "-";

	kidos_drop_command(record, command);
	if (record->tgid)
		snprintf(number, sizeof(number), "%u", record->tgid);
	switch (record->owner) {
	case KIDOS_OWNER_SOCKET:
		snprintf(text, KIDOS_TEXT_OWNER, "%s[%s]", command, number);
		return;
	case KIDOS_OWNER_USER:
		snprintf(text, KIDOS_TEXT_OWNER, "uid %u, cgroup %" PRIu64, record->uid,
			 (uint64_t)record->cgroup);
		return;
	case KIDOS_OWNER_BYSTANDER:
		snprintf(text, KIDOS_TEXT_OWNER, "(%s[%s])", command, number);
		return;
	default:
		strcpy(text, "-");
	}
}

void kidos_drop_protocol(const struct kidos_drop_record *record, char text[KIDOS_TEXT_PROTOCOL])
{
	struct kidos_flow_key key = key_of(record);
	char number[8];

	if (!record->family && record->class == KIDOS_CLASS_OTHER && record->ethertype)
		snprintf(text, KIDOS_TEXT_PROTOCOL, "ethertype 0x%04x", record->ethertype);
	else if (!record->family)
		snprintf(text, KIDOS_TEXT_PROTOCOL, "%s", kidos_class_names[record->class]);
	else if (kidos_key_is_icmp(&key))
		snprintf(text, KIDOS_TEXT_PROTOCOL, "%s %u/%u",
			 kidos_protocol_name(record->protocol, number), record->dport >> 8,
			 record->dport & 0xff);
	else
		snprintf(text, KIDOS_TEXT_PROTOCOL, "%s",
			 kidos_protocol_name(record->protocol, number));
}
