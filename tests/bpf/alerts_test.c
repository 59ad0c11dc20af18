/* SPDX-License-Identifier: MIT */
/* A million alerts through a ring of one page: delivered + lost + suppressed = raised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alerts/notice.h"
#include "alerts/queue.h"
#include "core/now.h"
#include "alerts_test.skel.h"
#include "drops/alert.h"
#include "state/ring.h"

#define MANY 1000000
#define MANY_EMULATED 20000 /* where a run takes a hundred times as long */
#define REASONS 5000

static struct fixture {
	struct alerts_test_bpf *skeleton;
	struct kidos_ring *ring;
	struct kidos_alert_states *states;
	struct kidos_alert_queue *queue;
	uint64_t from_ring, delivered;
	atomic_bool over;
} fixture;

static bool put(const struct kidos_alert *alert, enum kidos_alert_step step, void *context)
{
	(void)context;
	return kidos_alert_queue_put(fixture.queue, alert, step);
}

static void take(const void *data, size_t size, void *context)
{
	struct kidos_alert_record record;
	struct kidos_alert_event event;
	char reason[16];

	(void)context;
	assert_int_equal(kidos_drop_alert_check(data, size), 0);
	memcpy(&record, data, sizeof(record));
	snprintf(reason, sizeof(reason), "%u", record.drop.reason % REASONS);
	kidos_alert_of_drop(&record.drop, reason, &event);
	fixture.from_ring++;
	kidos_alert_expire(fixture.states, event.time_ns);
	kidos_alert_take(fixture.states, &event);
}

static void *read_ring(void *context)
{
	bool over;

	(void)context;
	do {
		over = atomic_load(&fixture.over);
		assert_int_equal(kidos_ring_consume(fixture.ring), 0);
	} while (!over);
	return NULL;
}

/* Until an update of no alert. */
static void *receive(void *context)
{
	struct kidos_alert_update update;

	(void)context;
	while (kidos_alert_queue_take(fixture.queue, &update) && update.alert.id)
		if (update.step != KIDOS_ALERT_ENDED)
			fixture.delivered++;
	return NULL;
}

static int setup(void **state)
{
	/* Every event starts a key: none is renewed, and there is room for some of them. */
	const struct kidos_alert_limits limits = { .cool_down_ns = 1, .rate = 1000 };

	(void)state;
	fixture.skeleton = alerts_test_bpf__open_and_load();
	fixture.queue = kidos_alert_queue_new(16);
	fixture.states = kidos_alert_states_new(&limits, 1, put, NULL);
	if (!fixture.skeleton || !fixture.queue || !fixture.states)
		return -1;
	fixture.ring = kidos_ring_open(bpf_map__fd(fixture.skeleton->maps.alerts), take, NULL);
	return fixture.ring ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	kidos_ring_close(fixture.ring);
	kidos_alert_states_free(fixture.states);
	kidos_alert_queue_free(fixture.queue);
	alerts_test_bpf__destroy(fixture.skeleton);
	return 0;
}

static void raise_many(unsigned int many)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	char frame[64] = {};

	run.data_in = frame;
	run.data_size_in = sizeof(frame);
	run.repeat = (int)many;
	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(fixture.skeleton->progs.raise_alert), &run),
		0);
}

static void test_million(void **state)
{
	unsigned int many = getenv("KIDOS_SLOW") ? MANY_EMULATED : MANY;
	struct kidos_alert_counts counts;
	pthread_t reader, receiver;
	uint64_t raised;

	(void)state;
	/* A page holds fewer than 30 of them: without a reader the rest is lost, and said to be. */
	raise_many(100);
	assert_in_range(fixture.skeleton->bss->lost, 70, 99);
	assert_int_equal(pthread_create(&reader, NULL, read_ring, NULL), 0);
	assert_int_equal(pthread_create(&receiver, NULL, receive, NULL), 0);
	raise_many(many - 100);
	atomic_store(&fixture.over, true);
	pthread_join(reader, NULL);
	while (!kidos_alert_queue_put(fixture.queue, &(struct kidos_alert){}, KIDOS_ALERT_ADDED))
		sched_yield();
	pthread_join(receiver, NULL);
	/* What the rate limit still holds back is suppressed then. */
	kidos_alert_end_all(fixture.states, kidos_now_ns(CLOCK_BOOTTIME));
	kidos_alert_count(fixture.states, &counts);
	assert_int_equal(counts.pending, 0);
	raised = counts.raised[KIDOS_ALERT_NEW_DROP_REASON];
	print_message("# %u raised in BPF: %u lost there, %lu read, %lu delivered, %lu lost, "
		      "%lu suppressed\n",
		      fixture.skeleton->bss->raised, fixture.skeleton->bss->lost, fixture.from_ring,
		      fixture.delivered, counts.lost, counts.suppressed);
	assert_int_equal(fixture.skeleton->bss->raised, many);
	assert_int_equal(fixture.from_ring + fixture.skeleton->bss->lost, many);
	assert_int_equal(raised, fixture.from_ring);
	assert_int_equal(fixture.delivered + counts.lost + counts.suppressed, raised);
	assert_true(fixture.delivered > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: a million through a ring of one page", test_million, NULL, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
