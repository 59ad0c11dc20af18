/* SPDX-License-Identifier: MIT */
#include "drops/ctl_names.h"
#include "abi_drop.h"
#include "core/text.h"
#include "drops/reasons.h"
#include "drops/symbols.h"
#include "links/netns.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct interface {
	uint32_t netns, ifindex;
	char word[CTL_WORD];
};

struct ctl_drop_names {
	const struct ctl_state *state;
	struct kidos_reasons *reasons; /* NULL: numbers, as with the next */
	struct kidos_symbols *symbols;
	bool reasons_read, symbols_read;
	struct interface *interfaces; /* those that were needed so far */
	size_t interface_count;
};

struct ctl_drop_names *ctl_drop_names_new(const struct ctl_state *state)
{
	struct ctl_drop_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->state = state;
	return names;
}

void ctl_drop_names_free(struct ctl_drop_names *names)
{
	if (!names)
		return;
	kidos_reasons_free(names->reasons);
	kidos_symbols_free(names->symbols);
	free(names->interfaces);
	free(names);
}

/* The kernel's names are many and slow to read: not before the first number needs one. */
static const struct kidos_reasons *reasons_of(struct ctl_drop_names *names)
{
	if (!names->reasons_read)
		names->reasons = kidos_reasons_load();
	names->reasons_read = true;
	return names->reasons;
}

static const struct kidos_symbols *symbols_of(struct ctl_drop_names *names)
{
	if (!names->symbols_read)
		names->symbols = kidos_symbols_load("/proc/kallsyms");
	names->symbols_read = true;
	return names->symbols;
}

void ctl_drop_reason(struct ctl_drop_names *names, uint32_t reason, bool policy,
		     char word[CTL_WORD])
{
	char name[KIDOS_REASON_NAME];

	snprintf(word, CTL_WORD, "%s%s", kidos_reason_name(reasons_of(names), reason, name),
		 policy ? " (kidos)" : "");
}

void ctl_drop_place(struct ctl_drop_names *names, uint64_t place, bool offset, char word[CTL_WORD])
{
	char name[KIDOS_SYMBOL];
	uint64_t into;

	if (!place) {
		strcpy(word, "-");
		return;
	}
	kidos_symbol_name(symbols_of(names), place, &into, name);
	if (!strcmp(name, KIDOS_PLACE_UNKNOWN)) /* who may read the maps may see it */
		snprintf(word, CTL_WORD, "0x%" PRIx64, place);
	else if (offset && into)
		snprintf(word, CTL_WORD, "%s+0x%" PRIx64, name, into);
	else
		snprintf(word, CTL_WORD, "%s", name);
}

/* An interface of a namespace by its index, read there. */
static bool read_namespace(const char *netns, uint32_t ifindex, char name[IF_NAMESIZE])
{
	struct kidos_netns_visit visit;
	bool found;

	if (kidos_netns_enter(netns, &visit))
		return false;
	found = if_indextoname(ifindex, name);
	kidos_netns_leave(&visit);
	return found;
}

/* A slot keeps the name of an interface that is gone. */
static bool find_slot(const struct ctl_state *state, const char *netns, uint32_t ifindex,
		      char name[IF_NAMESIZE])
{
	for (unsigned int i = 1; i < state->maps.meta.slots; i++) {
		const struct kidos_slot *slot = &state->slots[i];

		if (slot->ifindex != ifindex || !*slot->name ||
		    strncmp(slot->netns, netns, KIDOS_NETNS_NAME))
			continue;
		snprintf(name, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, slot->name);
		return true;
	}
	return false;
}

/* "" is kidosctl's own namespace, which is the daemon's unless somebody moved between them. */
static bool name_in(const struct ctl_state *state, const char *netns, uint32_t ifindex,
		    char raw[CTL_WORD])
{
	char name[IF_NAMESIZE];

	if (!read_namespace(netns, ifindex, name) && !find_slot(state, netns, ifindex, name))
		return false;
	snprintf(raw, CTL_WORD, "%s%s%s", netns, *netns ? ":" : "", name);
	return true;
}

static bool find_named(const struct ctl_state *state, uint32_t netns, uint32_t ifindex,
		       char raw[CTL_WORD])
{
	DIR *directory = opendir(KIDOS_NETNS_DIR);
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = *entry->d_name != '.' && kidos_netns_is(entry->d_name, netns) &&
			name_in(state, entry->d_name, ifindex, raw);
	if (directory)
		closedir(directory);
	return found;
}

static void find_interface(const struct ctl_state *state, struct interface *interface)
{
	char raw[CTL_WORD];
	bool found =
		kidos_netns_is("", interface->netns) && name_in(state, "", interface->ifindex, raw);

	if (!found && !find_named(state, interface->netns, interface->ifindex, raw))
		snprintf(raw, sizeof(raw), "netns %u:#%u", interface->netns, interface->ifindex);
	kidos_text_escape(raw, interface->word, sizeof(interface->word));
}

void ctl_drop_interface(struct ctl_drop_names *names, uint32_t netns, uint32_t ifindex,
			char word[CTL_WORD])
{
	struct interface *found = NULL;

	strcpy(word, "-");
	if (!ifindex)
		return;
	if (ifindex == KIDOS_IFINDEX_GONE) {
		strcpy(word, "gone");
		return;
	}
	for (size_t i = 0; !found && i < names->interface_count; i++)
		if (names->interfaces[i].ifindex == ifindex && names->interfaces[i].netns == netns)
			found = &names->interfaces[i];
	if (!found) {
		struct interface *all =
			reallocarray(names->interfaces, names->interface_count + 1, sizeof(*all));

		if (!all)
			return;
		names->interfaces = all;
		found = &all[names->interface_count++];
		found->netns = netns;
		found->ifindex = ifindex;
		find_interface(names->state, found);
	}
	strcpy(word, found->word);
}
