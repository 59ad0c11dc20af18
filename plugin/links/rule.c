/* SPDX-License-Identifier: MIT */
#include "links/rule.h"

#include <stdio.h>
#include <string.h>

/* Without an <Interface> block. A namespace is only looked into when a block names it. */
static const struct kidos_interface_rule default_rule = { .egress = true };

/* Names that virtual links have where the kernel tells no kind (tap is "tun" there). */
static const char *const virtual_prefixes[] = { "veth", "docker", "br-", "cali",
						"lxc",  "tap",    "vnet" };

static bool is_virtual(const struct kidos_link *link)
{
	for (size_t i = 0; i < sizeof(virtual_prefixes) / sizeof(virtual_prefixes[0]); i++)
		if (!strncmp(link->name, virtual_prefixes[i], strlen(virtual_prefixes[i])))
			return true;
	return !strcmp(link->kind, "veth");
}

static bool rule_takes(const struct kidos_interface_rule *rule, const char *netns,
		       const struct kidos_link *link)
{
	if (strcmp(rule->netns, netns))
		return false;
	if (!rule->is_regex)
		return !strcmp(rule->pattern, link->name);
	return (rule->virtual_links || !is_virtual(link)) &&
	       !regexec(&rule->regex, link->name, 0, NULL, 0);
}

const struct kidos_interface_rule *kidos_rule_for(const struct kidos_config *config,
						  const char *netns, const struct kidos_link *link)
{
	for (size_t i = 0; i < config->rule_count; i++)
		if (rule_takes(&config->rules[i], netns, link))
			return &config->rules[i];
	if (!config->rule_count && !*netns && (link->has_device || link->default_route))
		return &default_rule;
	return NULL;
}

static bool is_reserved(const char *const *reserved, const char *name)
{
	for (; *reserved; reserved++)
		if (!strcmp(name, *reserved))
			return true;
	return false;
}

void kidos_port_name(const char *const *reserved, const struct kidos_slot *slot, char *name,
		     size_t size)
{
	const char *own = *slot->report ? slot->report : slot->name;

	if (*slot->netns && !*slot->report)
		snprintf(name, size, "%s:%s", slot->netns, slot->name);
	else
		snprintf(name, size, "%s%s", is_reserved(reserved, own) ? "host:" : "", own);
}

unsigned int kidos_slot_find(struct kidos_slot *slots, unsigned int count, const char *netns,
			     const char *name)
{
	unsigned int unused = 0;

	for (unsigned int i = count - 1; i > 0; i--) {
		if (slots[i].state == KIDOS_SLOT_UNUSED)
			unused = i;
		else if (!strcmp(slots[i].netns, netns) && !strcmp(slots[i].name, name))
			return i;
	}
	return unused;
}

bool kidos_slot_is_named(const struct kidos_config *config, const struct kidos_slot *slot)
{
	for (size_t i = 0; i < config->rule_count; i++)
		if (!config->rules[i].is_regex && !strcmp(config->rules[i].netns, slot->netns) &&
		    !strcmp(config->rules[i].pattern, slot->name))
			return true;
	return false;
}

void kidos_slot_age(const struct kidos_config *config, struct kidos_slot *slot, uint64_t now_ns,
		    uint64_t idle_ns)
{
	if (slot->state != KIDOS_SLOT_WAITING || !slot->gone_ns ||
	    now_ns - slot->gone_ns < idle_ns || slot->silent >= KIDOS_SLOT_FREE ||
	    kidos_slot_is_named(config, slot))
		return;
	slot->silent++;
}
