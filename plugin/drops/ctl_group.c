/* SPDX-License-Identifier: MIT */
#include "drops/ctl_group.h"
#include "core/names.h"

#include <stdio.h>
#include <string.h>

void ctl_drop_group(struct ctl_drop_scan *scan, const char *word, uint64_t count)
{
	scan->failed |= !kidos_tally_add(&scan->groups, word, count);
}

/* The group by what counts know too. */
static void trait_word(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits,
		       char word[CTL_WORD])
{
	switch (scan->settings->by) {
	case CTL_DROPS_REASON:
		ctl_drop_reason(scan->names, traits->reason, traits->policy, word);
		return;
	case CTL_DROPS_PLACE:
		ctl_drop_place(scan->names, traits->place, false, word);
		return;
	case CTL_DROPS_INTERFACE:
		ctl_drop_interface(scan->names, traits->netns, traits->ifindex, word);
		return;
	default:
		snprintf(word, CTL_WORD, "%s", kidos_class_names[traits->class]);
	}
}

void ctl_drop_group_traits(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits,
			   uint64_t count)
{
	char word[CTL_WORD];

	trait_word(scan, traits, word);
	ctl_drop_group(scan, word, count);
}

static void address_word(const struct kidos_drop_record *record, bool source, char word[CTL_WORD])
{
	struct kidos_drop_record bare = *record;

	bare.protocol = 0; /* then it has no port */
	if (source)
		kidos_drop_source(&bare, word);
	else
		kidos_drop_destination(&bare, word);
}

static void group_host(struct ctl_drop_scan *scan, const struct kidos_drop_record *record)
{
	char source[CTL_WORD], destination[CTL_WORD];

	address_word(record, true, source);
	address_word(record, false, destination);
	ctl_drop_group(scan, source, 1);
	if (strcmp(source, destination))
		ctl_drop_group(scan, destination, 1);
}

/* "tcp/22"; what has no ports is its protocol alone. */
static void group_port(struct ctl_drop_scan *scan, const struct kidos_drop_record *record)
{
	char protocol[KIDOS_TEXT_PROTOCOL], word[CTL_WORD];

	kidos_drop_protocol(record, protocol);
	if (!kidos_drop_has_ports(record)) {
		ctl_drop_group(scan, protocol, 1);
		return;
	}
	snprintf(word, sizeof(word), "%s/%u", protocol, record->sport);
	ctl_drop_group(scan, word, 1);
	if (record->sport == record->dport)
		return;
	snprintf(word, sizeof(word), "%s/%u", protocol, record->dport);
	ctl_drop_group(scan, word, 1);
}

void ctl_drop_group_record(struct ctl_drop_scan *scan, const struct kidos_drop_record *record,
			   const struct ctl_drop_traits *traits)
{
	char word[CTL_WORD];

	switch (scan->settings->by) {
	case CTL_DROPS_HOST:
		group_host(scan, record);
		return;
	case CTL_DROPS_PORT:
		group_port(scan, record);
		return;
	case CTL_DROPS_SRC:
	case CTL_DROPS_DST:
		address_word(record, scan->settings->by == CTL_DROPS_SRC, word);
		break;
	case CTL_DROPS_PROCESS:
		kidos_drop_owner(record, word);
		break;
	default:
		trait_word(scan, traits, word);
	}
	ctl_drop_group(scan, word, 1);
}
