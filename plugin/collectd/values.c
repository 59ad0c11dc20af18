/* SPDX-License-Identifier: MIT */
#include "collectd/values.h"
#include "core/text.h"

#include <plugin.h>
#include <stdio.h>

void collectd_dispatch(const struct kidos_sample *sample, void *context)
{
	const struct collectd_batch *batch = context;
	value_list_t list = VALUE_LIST_INIT;
	value_t values[2];

	for (unsigned int i = 0; i < sample->count; i++)
		if (sample->kind == KIDOS_SAMPLE_DERIVE)
			values[i].derive = sample->derive[i];
		else
			values[i].gauge = sample->gauge[i];
	list.values = values;
	list.values_len = sample->count;
	list.time = batch->time;
	snprintf(list.plugin, sizeof(list.plugin), "kidos");
	kidos_text_utf8(sample->instance, list.plugin_instance, sizeof(list.plugin_instance));
	snprintf(list.type, sizeof(list.type), "%s", sample->type);
	snprintf(list.type_instance, sizeof(list.type_instance), "%s", sample->type_instance);
	plugin_dispatch_values(&list);
}
