/* SPDX-License-Identifier: MIT */
#include "connects/answer.h"
#include "connects/cgroups.h"
#include "connects/recent.h"
#include "connects/sockets.h"
#include "connects/whose.h"
#include "core/flow_key.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/now.h"
#include "state/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Without a question for so long, who comes back reads all that is new at once. */
#define LAPSE_NS 1000000000u

struct kidos_connect_answers {
	struct kidos_context *context;
	struct kidos_privacy privacy;
	pthread_mutex_t lock; /* the rest; no other is taken under it */
	bool on;
	struct kidos_connect_table *table; /* NULL before the first start, as what follows */
	struct kidos_connect_rings rings;
	uint64_t *last; /* sequence of each CPU's ring */
	uint64_t read_ns; /* CLOCK_BOOTTIME: the rings, up to then */
	struct kidos_connect_cgroups cgroups;
	struct kidos_connect_words *words; /* KIDOS_CONNECT_WORDS of them, by hash */
};

/* In words; a control group is looked for while it is still there. */
static const char *words_of(struct kidos_connect_answers *answers,
			    const struct kidos_connect_known *known)
{
	uint64_t key[] = { 0, 0, known->owner.cgroup, known->pid };
	char unit[KIDOS_CONNECT_UNIT];
	struct kidos_connect_words *words;

	memcpy(key, known->owner.comm, sizeof(known->owner.comm));
	words = &answers->words[kidos_hash_words(key, 4, KIDOS_FNV) % KIDOS_CONNECT_WORDS];
	if (words->pid == known->pid && !memcmp(&words->owner, &known->owner, sizeof(words->owner)))
		return words->text;
	words->pid = known->pid;
	words->owner = known->owner;
	kidos_connect_cgroup_unit(&answers->cgroups, known->owner.cgroup, unit);
	kidos_connect_say(known, unit, &answers->privacy, words->text);
	return words->text;
}

static void put(struct kidos_connect_answers *answers, const struct kidos_connect_known *known)
{
	words_of(answers, known);
	kidos_connect_table_put(answers->table, known);
}

static void take_record(const struct kidos_connect_record *record, void *context)
{
	struct kidos_connect_known known;

	if (kidos_connect_known_by_record(record, &known))
		put(context, &known);
}

static bool take_socket(const struct kidos_connect_socket *socket, void *context)
{
	struct kidos_connect_answers *answers = context;
	struct kidos_connect_known known;

	if (!kidos_connect_known_by_socket(socket, kidos_now_ns(CLOCK_BOOTTIME), &known))
		return true;
	pthread_mutex_lock(&answers->lock);
	if (answers->on)
		put(answers, &known);
	pthread_mutex_unlock(&answers->lock);
	return true;
}

static void read_rings(struct kidos_connect_answers *answers)
{
	uint64_t now_ns = kidos_now_ns(CLOCK_BOOTTIME);

	if (now_ns - answers->read_ns > LAPSE_NS)
		kidos_connect_recent(&answers->rings, answers->last, take_record, answers);
	else
		kidos_connect_follow(&answers->rings, answers->last, take_record, answers);
	answers->read_ns = now_ns;
}

/* Sockets that have been open for long are in no recent event. */
static void prepare(void *self, const void *nothing)
{
	struct kidos_connect_answers *answers = self;
	bool on;
	int error;

	(void)nothing;
	pthread_mutex_lock(&answers->lock);
	on = answers->on;
	if (on)
		read_rings(answers);
	pthread_mutex_unlock(&answers->lock);
	if (!on)
		return;
	error = kidos_connect_sockets_each(answers->context->state.path, take_socket, answers);
	if (error)
		kidos_log(LOG_NOTICE,
			  "connects: whose packets of older connections are is not known: %s",
			  strerror(-error));
}

static void answer(void *self, const void *question)
{
	struct kidos_connect_answers *answers = self;
	const struct kidos_whose *packet = question;
	const struct kidos_connect_known *known = NULL;

	pthread_mutex_lock(&answers->lock);
	if (answers->on && packet->boot_ns > answers->read_ns)
		read_rings(answers);
	if (answers->on)
		known = kidos_connect_table_find(answers->table, packet);
	if (known)
		strcpy(packet->words, words_of(answers, known));
	pthread_mutex_unlock(&answers->lock);
}

struct kidos_connect_answers *kidos_connect_answers_new(struct kidos_context *context)
{
	struct kidos_connect_answers *answers = calloc(1, sizeof(*answers));

	if (!answers)
		return NULL;
	answers->context = context;
	answers->privacy = kidos_privacy_of(context->config);
	answers->cgroups.root = -1;
	pthread_mutex_init(&answers->lock, NULL);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_WHOSE], answer, answers);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_CAPTURE_BEGINS], prepare, answers);
	return answers;
}

void kidos_connect_answers_free(struct kidos_connect_answers *answers)
{
	if (!answers)
		return;
	if (answers->rings.records)
		munmap((void *)(uintptr_t)answers->rings.records,
		       (size_t)answers->rings.cpus * answers->rings.room *
			       sizeof(*answers->rings.records));
	kidos_connect_cgroups_close(&answers->cgroups);
	kidos_connect_table_free(answers->table);
	pthread_mutex_destroy(&answers->lock);
	free(answers->words);
	free(answers->last);
	free(answers);
}

/* Maps stay from the first start on. */
static int open_once(struct kidos_connect_answers *answers, const struct kidos_connect_maps *maps,
		     const struct kidos_connect_state *state)
{
	const void *records;
	int error;

	if (answers->rings.records)
		return 0;
	if (!answers->table)
		answers->table = kidos_connect_table_new(KIDOS_CONNECT_KNOWN >> state->shift,
							 kidos_key_seed());
	if (!answers->last)
		answers->last = calloc(state->cpus, sizeof(*answers->last));
	if (!answers->words)
		answers->words = calloc(KIDOS_CONNECT_WORDS, sizeof(*answers->words));
	if (!answers->table || !answers->last || !answers->words)
		return -ENOMEM;
	error = kidos_view(maps->fd[KIDOS_CONNECT_MAP_RECORDS], (size_t)state->cpus * state->room,
			   sizeof(struct kidos_connect_record), NULL, &records);
	if (error)
		return error;
	answers->rings = (struct kidos_connect_rings){ records, state->cpus, state->room };
	kidos_connect_cgroups_open(&answers->cgroups, maps->fd[KIDOS_CONNECT_MAP_UNITS]);
	return 0;
}

int kidos_connect_answers_start(struct kidos_connect_answers *answers,
				const struct kidos_connect_maps *maps,
				const struct kidos_connect_state *state)
{
	int error;

	if (!answers || !answers->context->whose_asked)
		return 0;
	pthread_mutex_lock(&answers->lock);
	error = open_once(answers, maps, state);
	/* While it was off others may have taken the ports of what was known. */
	if (!error)
		kidos_connect_table_clear(answers->table);
	answers->on = !error;
	pthread_mutex_unlock(&answers->lock);
	return error;
}

void kidos_connect_answers_stop(struct kidos_connect_answers *answers)
{
	if (!answers)
		return;
	pthread_mutex_lock(&answers->lock);
	answers->on = false;
	pthread_mutex_unlock(&answers->lock);
}
