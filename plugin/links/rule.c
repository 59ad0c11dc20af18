/* SPDX-License-Identifier: MIT */
#include "links/rule.h"
#include "core/log.h"
#include "core/text.h"

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
		return kidos_link_is_called(link, rule->pattern);
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

#define FLOWS ".flows" /* behind the interface's name: its flows */

/* As collectd has it: plugin_instances are cut at 127 bytes. */
static void instance_of(const char *const *reserved, const struct kidos_slot *slot, char text[128])
{
	char name[KIDOS_NETNS_NAME + IF_NAMESIZE + sizeof(slot->report)];

	kidos_port_name(reserved, slot, name, sizeof(name));
	kidos_text_utf8(name, text, 128);
}

static bool are_flows_of(const char *name, const char *other)
{
	char flows[128 + sizeof(FLOWS)];

	snprintf(flows, sizeof(flows), "%s" FLOWS, other);
	return kidos_text_alike(name, flows);
}

bool kidos_names_clash(const char *const *reserved, const struct kidos_slot *slot,
		       const struct kidos_slot *other)
{
	char name[128], others[128];

	instance_of(reserved, slot, name);
	instance_of(reserved, other, others);
	return kidos_text_alike(name, others) || are_flows_of(name, others) ||
	       are_flows_of(others, name);
}

static struct kidos_slot slot_of_rule(const struct kidos_interface_rule *rule)
{
	struct kidos_slot slot = {};

	snprintf(slot.netns, sizeof(slot.netns), "%s", rule->netns);
	snprintf(slot.name, sizeof(slot.name), "%.15s", rule->pattern);
	snprintf(slot.report, sizeof(slot.report), "%s", rule->report);
	return slot;
}

/* By its own name or by Report; with a longer name its own is not known before it is there. */
static bool is_named(const struct kidos_interface_rule *rule)
{
	return !rule->is_regex && (*rule->report || strlen(rule->pattern) < IF_NAMESIZE);
}

static bool rules_clash(const struct kidos_interface_rule *rule,
			const struct kidos_interface_rule *other, const char *const *reserved)
{
	struct kidos_slot slot = slot_of_rule(rule), others = slot_of_rule(other);

	/* Of two blocks for one interface the first counts. */
	if (!is_named(rule) || !is_named(other) ||
	    (!strcmp(rule->netns, other->netns) && !strcmp(rule->pattern, other->pattern)))
		return false;
	return kidos_names_clash(reserved, &slot, &others);
}

int kidos_rules_check(const struct kidos_config *config, const char *const *reserved)
{
	for (size_t i = 0; i < config->rule_count; i++)
		for (size_t k = 0; k < i; k++) {
			if (!rules_clash(&config->rules[i], &config->rules[k], reserved))
				continue;
			kidos_log(LOG_ERR,
				  "Plugin kidos / Interface \"%s\": its values would have the "
				  "names of those of Interface \"%s\"",
				  config->rules[i].pattern, config->rules[k].pattern);
			return -1;
		}
	return 0;
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
