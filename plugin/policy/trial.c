/* SPDX-License-Identifier: MIT */
#include "policy/trial.h"
#include "policy/table.h"

#include <errno.h>
#include <stdlib.h>

/* The tables of one policy; NULL where a family has none. */
struct tables {
	struct kidos_policy_table *families[KIDOS_POLICY_FAMILIES];
};

static void free_tables(struct tables *tables)
{
	for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++)
		free(tables->families[f]);
}

static int fill_tables(const struct kidos_policy *policy, uint32_t room, struct tables *tables)
{
	int error = 0;

	*tables = (struct tables){};
	for (unsigned int f = 0; !error && f < KIDOS_POLICY_FAMILIES; f++) {
		if (!policy->families[f])
			continue;
		tables->families[f] = calloc(1, room);
		error = tables->families[f]
				? kidos_policy_fill(policy, f, tables->families[f], room)
				: -ENOMEM;
	}
	return error;
}

static void add(struct kidos_trial_sum *sum, const struct kidos_source *source)
{
	sum->sources++;
	sum->flows += source->flows;
	sum->packets += source->packets;
	sum->bytes += source->bytes;
}

static void judge(struct kidos_trial *trial, const struct tables *tables, uint32_t room,
		  const struct kidos_source *source)
{
	unsigned int family = source->ipv4 ? KIDOS_POLICY_IPV4 : KIDOS_POLICY_IPV6;

	add(&trial->all[source->slot], source);
	if (kidos_policy_judge(tables->families[family], room, &source->address, source->ipv4) !=
	    KIDOS_VERDICT_REFUSE)
		return;
	add(&trial->refused[source->slot], source);
	trial->worst[trial->count++] = *source;
}

static int by_packets(const void *one, const void *other)
{
	const struct kidos_source *a = one, *b = other;

	return (a->packets < b->packets) - (a->packets > b->packets);
}

static int judge_policy(struct kidos_trial *trial, const struct kidos_policy_file *file,
			size_t policy, const struct kidos_sources *sources,
			const struct kidos_slot *slots, size_t slot_count)
{
	uint32_t room = kidos_policy_room(file);
	struct tables tables;
	int error = room ? fill_tables(&file->policies[policy], room, &tables) : -E2BIG;

	for (size_t i = 0; !error && i < sources->count; i++) {
		const struct kidos_source *source = &sources->items[i];

		if (source->slot < slot_count &&
		    (source->slot ? kidos_policy_for_slot(file, &slots[source->slot]) : 0) ==
			    policy)
			judge(trial, &tables, room, source);
	}
	if (room)
		free_tables(&tables);
	return error;
}

int kidos_trial_run(struct kidos_trial *trial, const struct kidos_policy_file *file,
		    const struct kidos_sources *sources, const struct kidos_slot *slots,
		    size_t slot_count)
{
	int error = 0;

	*trial = (struct kidos_trial){ .worst = calloc(sources->count + 1, sizeof(*trial->worst)) };
	if (!trial->worst)
		return -ENOMEM;
	for (size_t i = 0; !error && i < file->count; i++)
		error = judge_policy(trial, file, i, sources, slots, slot_count);
	qsort(trial->worst, trial->count, sizeof(*trial->worst), by_packets);
	return error;
}

void kidos_trial_free(struct kidos_trial *trial)
{
	free(trial->worst);
	trial->worst = NULL;
	trial->count = 0;
}
