/* SPDX-License-Identifier: MIT */
#include "policy/alert.h"
#include "core/flow_key.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kidos_policy_names {
	struct kidos_privacy privacy;
	pthread_mutex_t lock;
	unsigned int count;
	char names[][KIDOS_ALERT_INSTANCE];
};

struct kidos_policy_names *kidos_policy_names_new(unsigned int slots, struct kidos_privacy privacy)
{
	struct kidos_policy_names *names =
		calloc(1, sizeof(*names) + slots * sizeof(names->names[0]));

	if (!names)
		return NULL;
	pthread_mutex_init(&names->lock, NULL);
	names->privacy = privacy;
	names->count = slots;
	if (slots)
		strcpy(names->names[KIDOS_SLOT_OTHER], "other");
	return names;
}

void kidos_policy_names_free(struct kidos_policy_names *names)
{
	if (!names)
		return;
	pthread_mutex_destroy(&names->lock);
	free(names);
}

void kidos_policy_names_set(struct kidos_policy_names *names, unsigned int slot, const char *name)
{
	pthread_mutex_lock(&names->lock);
	if (slot < names->count)
		snprintf(names->names[slot], KIDOS_ALERT_INSTANCE, "%s", name);
	pthread_mutex_unlock(&names->lock);
}

static void copy_name(struct kidos_policy_names *names, unsigned int slot,
		      char name[KIDOS_ALERT_INSTANCE])
{
	pthread_mutex_lock(&names->lock);
	snprintf(name, KIDOS_ALERT_INSTANCE, "%s",
		 slot < names->count && *names->names[slot] ? names->names[slot] : "other");
	pthread_mutex_unlock(&names->lock);
}

bool kidos_policy_alert_make(void *self, const void *data, struct kidos_alert_event *event)
{
	const struct kidos_policy_record *record = data;
	struct kidos_policy_names *names = self;
	const struct kidos_flow_key shown = kidos_privacy_flow(&names->privacy, &record->key);

	if (record->size != sizeof(*record))
		return false;
	*event = (struct kidos_alert_event){
		.time_ns = record->time,
		.kind = KIDOS_ALERT_NOT_PERMITTED,
		.observed = 1,
		.flow = record->key,
	};
	copy_name(names, kidos_key_slot(&record->key), event->instance);
	kidos_address_text(&shown.src, kidos_key_is_ipv4(&shown), event->subject);
	return true;
}
