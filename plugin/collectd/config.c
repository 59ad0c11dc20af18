/* SPDX-License-Identifier: MIT */
#include "collectd/config.h"
#include "core/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* collectd hands over neither file nor line: an error names path and value. */
struct place {
	const char *block; /* "" in <Plugin kidos> itself */
	const char *block_value; /* of <Interface "...">, or NULL */
};

static void value_text(const oconfig_value_t *value, char *text, size_t size)
{
	switch (value->type) {
	case OCONFIG_TYPE_STRING:
		snprintf(text, size, "%s", value->value.string);
		break;
	case OCONFIG_TYPE_NUMBER:
		snprintf(text, size, "%g", value->value.number);
		break;
	default:
		snprintf(text, size, "%s", value->value.boolean ? "true" : "false");
	}
}

static int complain(const struct place *place, const char *name, const oconfig_item_t *item,
		    const char *reason)
{
	char value[256] = "", block[320] = "";
	size_t used = 0;

	for (int i = 0; item && i < item->values_num && used < sizeof(value) - 2; i++) {
		if (i)
			value[used++] = ' ';
		value_text(&item->values[i], value + used, sizeof(value) - used);
		used = strlen(value);
	}
	if (place->block_value)
		snprintf(block, sizeof(block), " / %s \"%.256s\"", place->block,
			 place->block_value);
	else if (*place->block)
		snprintf(block, sizeof(block), " / %s", place->block);
	if (item)
		kidos_log(LOG_ERR, "Plugin kidos%s / %s \"%s\": %s", block, name, value, reason);
	else
		kidos_log(LOG_ERR, "Plugin kidos%s: %s", block, reason);
	return 1;
}

static struct kidos_value neutral_value(const oconfig_value_t *value)
{
	switch (value->type) {
	case OCONFIG_TYPE_STRING:
		return (struct kidos_value){ .type = KIDOS_VALUE_STRING,
					     .string = value->value.string };
	case OCONFIG_TYPE_NUMBER:
		return (struct kidos_value){ .type = KIDOS_VALUE_NUMBER,
					     .number = value->value.number };
	default:
		return (struct kidos_value){ .type = KIDOS_VALUE_BOOLEAN,
					     .boolean = value->value.boolean };
	}
}

static int read_option(const oconfig_item_t *item, const struct place *place,
		       struct kidos_config *config, struct kidos_interface_rule *rule)
{
	struct kidos_value values[KIDOS_VALUES_MAX];
	char reason[KIDOS_REASON];

	if (item->children_num)
		return complain(place, item->key, item, "unknown block");
	if (item->values_num > KIDOS_VALUES_MAX)
		return complain(place, item->key, item, "too many values on one line");
	for (int i = 0; i < item->values_num; i++)
		values[i] = neutral_value(&item->values[i]);
	if (kidos_config_set(config, rule, place->block, item->key, values,
			     (size_t)item->values_num, reason))
		return complain(place, item->key, item, reason);
	return 0;
}

static int read_children(const oconfig_item_t *block, const struct place *place,
			 struct kidos_config *config, struct kidos_interface_rule *rule)
{
	int errors = 0;

	for (int i = 0; i < block->children_num; i++)
		errors += read_option(&block->children[i], place, config, rule);
	return errors;
}

static int read_interface(const oconfig_item_t *block, struct kidos_config *config)
{
	struct place place = { "Interface", NULL };
	struct kidos_interface_rule *rule;
	char reason[KIDOS_REASON];

	if (block->values_num != 1 || block->values[0].type != OCONFIG_TYPE_STRING)
		return complain(&place, "", NULL, "takes one name or \"/regular expression/\"");
	place.block_value = block->values[0].value.string;
	rule = kidos_config_add_rule(config, place.block_value, reason);
	if (!rule)
		return complain(&place, "", NULL, reason);
	return read_children(block, &place, config, rule);
}

static int read_block(const oconfig_item_t *block, struct kidos_config *config)
{
	struct place place = { block->key, NULL };
	char reason[KIDOS_REASON];

	if (!strcasecmp(block->key, "Interface"))
		return read_interface(block, config);
	if (block->values_num)
		return complain(&(struct place){ "", NULL }, block->key, block, "takes no value");
	if (kidos_config_open_block(config, block->key, reason))
		return complain(&place, "", NULL, reason);
	return read_children(block, &place, config, NULL);
}

int collectd_config_read(const oconfig_item_t *item, struct kidos_config *config)
{
	struct place top = { "", NULL };
	int errors = 0;

	for (int i = 0; i < item->children_num; i++) {
		const oconfig_item_t *child = &item->children[i];

		if (kidos_config_has_block(config, child->key))
			errors += read_block(child, config);
		else
			errors += read_option(child, &top, config, NULL);
	}
	return errors;
}
