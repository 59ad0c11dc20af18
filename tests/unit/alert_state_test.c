/* SPDX-License-Identifier: MIT */
/* States of alerts: start, cool-down, keys, limits, and what there is no room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "alert_event.h"
#include "alerts/states.h"

/* What went out, counted by step; a sink that is full refuses starts. */
static struct {
	unsigned int steps[3];
	bool full;
	struct kidos_alert last;
} sent;

static bool record(const struct kidos_alert *alert, enum kidos_alert_step step, void *context)
{
	(void)context;
	if (sent.full && step != KIDOS_ALERT_ENDED)
		return false;
	sent.steps[step]++;
	sent.last = *alert;
	return true;
}

static struct kidos_alert_states *states_of(const struct kidos_alert_limits *limits)
{
	struct kidos_alert_states *states = kidos_alert_states_new(limits, FIRST_ID, record, NULL);

	memset(&sent, 0, sizeof(sent));
	assert_non_null(states);
	return states;
}

static struct kidos_alert_states *states_new(unsigned int rate)
{
	const struct kidos_alert_limits limits = { .cool_down_ns = 60 * SECOND, .rate = rate };

	return states_of(&limits);
}

static void take(struct kidos_alert_states *states, uint64_t seconds, enum kidos_alert_kind kind,
		 const char *instance, const char *subject)
{
	struct kidos_alert_event event = alert_at(seconds, kind, instance, subject);

	kidos_alert_take(states, &event);
}

static void assert_sent(unsigned int started, unsigned int added, unsigned int ended)
{
	assert_int_equal(sent.steps[KIDOS_ALERT_STARTED], started);
	assert_int_equal(sent.steps[KIDOS_ALERT_ADDED], added);
	assert_int_equal(sent.steps[KIDOS_ALERT_ENDED], ended);
}

static void test_start_and_end(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	uint64_t id;

	(void)state;
	take(states, 100, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	assert_sent(1, 0, 0);
	id = sent.last.id;
	kidos_alert_expire(states, 159 * SECOND);
	assert_sent(1, 0, 0);
	kidos_alert_expire(states, 160 * SECOND);
	assert_sent(1, 0, 1);
	assert_int_equal(sent.last.id, id);
	assert_int_equal(sent.last.ended_ns - sent.last.started_ns, 60 * SECOND);
	take(states, 200, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	assert_sent(2, 0, 1);
	assert_int_not_equal(sent.last.id, id);
	kidos_alert_states_free(states);
}

/* A sign every 50 s: one event, however long, and it ends a cool-down after the last. */
static void test_cool_down(void **state)
{
	struct kidos_alert_states *states = states_new(0);

	(void)state;
	for (uint64_t at = 100; at <= 1100; at += 50) {
		kidos_alert_expire(states, at * SECOND);
		take(states, at, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	}
	assert_sent(1, 0, 0);
	kidos_alert_expire(states, 1159 * SECOND);
	assert_sent(1, 0, 0);
	kidos_alert_expire(states, 1160 * SECOND);
	assert_sent(1, 0, 1);
	kidos_alert_states_free(states);
}

static void test_keys(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	struct kidos_alert_counts counts;

	(void)state;
	take(states, 100, KIDOS_ALERT_NEW_DROP_REASON, "drops", "NO_SOCKET");
	take(states, 110, KIDOS_ALERT_NEW_DROP_REASON, "drops", "NETFILTER_DROP");
	take(states, 111, KIDOS_ALERT_NEW_DROP_REASON, "drops", "NETFILTER_DROP");
	assert_sent(1, 1, 0);
	take(states, 112, KIDOS_ALERT_DROP_SHARE, "drops", "");
	assert_sent(2, 1, 0);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.raised[KIDOS_ALERT_NEW_DROP_REASON], 2);
	assert_int_equal(counts.active[KIDOS_ALERT_NEW_DROP_REASON], 2);
	kidos_alert_expire(states, 165 * SECOND);
	assert_sent(2, 1, 0);
	kidos_alert_expire(states, 171 * SECOND);
	assert_sent(2, 1, 1);
	assert_int_equal(sent.last.raised, 2);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.active[KIDOS_ALERT_NEW_DROP_REASON], 0);
	assert_int_equal(counts.active[KIDOS_ALERT_DROP_SHARE], 1);
	kidos_alert_states_free(states);
}

static void take_numbered(struct kidos_alert_states *states, uint64_t seconds, unsigned int number)
{
	char subject[16];

	snprintf(subject, sizeof(subject), "%u", number);
	take(states, seconds, KIDOS_ALERT_NEW_DROP_REASON, "drops", subject);
}

/* Three in any minute: the fourth waits until the first is a minute old. */
static void test_rate_limit(void **state)
{
	struct kidos_alert_states *states = states_new(3);
	struct kidos_alert_counts counts;

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		take_numbered(states, 100 + i, i);
	assert_sent(1, 2, 0);
	take_numbered(states, 159, 10);
	assert_sent(1, 2, 0);
	take_numbered(states, 160, 11);
	assert_sent(1, 3, 0);
	take_numbered(states, 160, 12);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.pending, 9);
	assert_int_equal(counts.suppressed, 0);
	assert_int_equal(counts.raised[KIDOS_ALERT_NEW_DROP_REASON], 13);
	/* Ends are not limited. */
	kidos_alert_expire(states, 300 * SECOND);
	assert_sent(1, 3, 1);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.pending, 0);
	assert_int_equal(counts.suppressed, 9);
	kidos_alert_states_free(states);
}

/* raised = sent + lost + suppressed + pending, at any moment. */
static void assert_sums(const struct kidos_alert_states *states)
{
	struct kidos_alert_counts counts;
	uint64_t raised = 0;

	kidos_alert_count(states, &counts);
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++)
		raised += counts.raised[i];
	assert_int_equal(raised, sent.steps[KIDOS_ALERT_STARTED] + sent.steps[KIDOS_ALERT_ADDED] +
					 counts.lost + counts.suppressed + counts.pending);
}

/* Ten short ones, then six hours of loss: it is sent once the ten are a minute old. */
static void test_pending_is_sent(void **state)
{
	struct kidos_alert_states *states = states_new(10);
	char instance[16];

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(instance, sizeof(instance), "veth%u", i);
		take(states, 100 + i, KIDOS_ALERT_DROP_SHARE, instance, "");
		assert_sums(states);
	}
	for (uint64_t at = 110; at < 110 + 6 * 3600; at += 10) {
		take(states, at, KIDOS_ALERT_DROP_SHARE, "eth0", "");
		assert_sums(states);
		kidos_alert_expire(states, at * SECOND);
		assert_sums(states);
		assert_int_equal(sent.steps[KIDOS_ALERT_STARTED], at < 160 ? 10 : 11);
		if (at == 160)
			assert_string_equal(sent.last.event.instance, "eth0");
	}
	kidos_alert_expire(states, UINT64_MAX);
	assert_sent(11, 0, 11);
	assert_sums(states);
	kidos_alert_states_free(states);
}

/* Without further events too, in the order in which they started, each with its own subject. */
static void test_pending_in_order(void **state)
{
	struct kidos_alert_states *states = states_new(1);
	char subject[16];

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		take_numbered(states, 100 + i, i);
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int j = 0; j < 4; j++)
			take_numbered(states, 101 + 60 * i, 3 - j);
		kidos_alert_expire(states, (101 + 60 * i) * SECOND);
		assert_sent(1, i, 0);
		snprintf(subject, sizeof(subject), "%u", i);
		assert_string_equal(sent.last.event.subject, subject);
		assert_sums(states);
	}
	kidos_alert_states_free(states);
}

/* What is pending when its key ends, or when all end, is suppressed and has no end. */
static void test_pending_ends(void **state)
{
	struct kidos_alert_states *states = states_new(1);
	struct kidos_alert_counts counts;

	(void)state;
	take(states, 100, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	take(states, 101, KIDOS_ALERT_DROP_SHARE, "eth1", "");
	take(states, 150, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	take(states, 150, KIDOS_ALERT_DROP_SHARE, "eth2", "");
	kidos_alert_expire(states, 170 * SECOND);
	assert_sent(2, 0, 0);
	take(states, 171, KIDOS_ALERT_DROP_SHARE, "eth3", "");
	kidos_alert_end_all(states, 172 * SECOND);
	assert_sent(2, 0, 2);
	assert_sums(states);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 2);
	assert_int_equal(counts.active[KIDOS_ALERT_DROP_SHARE], 0);
	kidos_alert_states_free(states);
}

/* Judged each minute, and cool-downs of a second, half a minute and a minute: one alert. */
static void test_long_interval(void **state)
{
	static const uint64_t cool_downs[] = { 1, 30, 60, 119 };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct kidos_alert_limits limits = { .cool_down_ns = cool_downs[i] * SECOND,
							   .interval_ns = 60 * SECOND };
		struct kidos_alert_states *states = states_of(&limits);

		for (uint64_t at = 100; at <= 3700; at += 60) {
			kidos_alert_expire(states, at * SECOND + 1);
			take(states, at, KIDOS_ALERT_DROP_SHARE, "eth0", "");
		}
		assert_sent(1, 0, 0);
		kidos_alert_expire(states, (3700 + 179) * SECOND);
		assert_sent(1, 0, 0);
		kidos_alert_expire(states, (3700 + 180) * SECOND);
		assert_sent(1, 0, 1);
		/* What is not judged in polls keeps its cool-down. */
		take(states, 5000, KIDOS_ALERT_NEW_DROP_REASON, "drops", "NO_SOCKET");
		kidos_alert_expire(states, (5000 + cool_downs[i]) * SECOND);
		assert_sent(2, 0, 2);
		kidos_alert_states_free(states);
	}
}

/* A start that never went out has no end that anybody could make sense of. */
static void test_untold_start(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	struct kidos_alert_counts counts;

	(void)state;
	sent.full = true;
	take_numbered(states, 100, 1);
	kidos_alert_expire(states, 200 * SECOND);
	assert_sent(0, 0, 0);
	take_numbered(states, 300, 1);
	sent.full = false;
	take_numbered(states, 301, 2);
	assert_sent(1, 0, 0);
	kidos_alert_expire(states, 400 * SECOND);
	assert_sent(1, 0, 1);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.lost, 2);
	kidos_alert_states_free(states);
}

/* More instances than there are alerts, more keys than one may have: counted, nothing else. */
static void test_no_room(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	struct kidos_alert_counts counts;
	char instance[16];

	(void)state;
	for (unsigned int i = 0; i < KIDOS_ALERTS_KEPT + 7; i++) {
		snprintf(instance, sizeof(instance), "eth%u", i);
		take(states, 100, KIDOS_ALERT_DROP_SHARE, instance, "");
	}
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 7);
	kidos_alert_expire(states, 200 * SECOND);
	assert_sent(KIDOS_ALERTS_KEPT, 0, KIDOS_ALERTS_KEPT);
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS_EACH + 5; i++)
		take_numbered(states, 300, i);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 12);
	assert_int_equal(counts.active[KIDOS_ALERT_NEW_DROP_REASON], KIDOS_ALERT_KEYS_EACH);
	take(states, 301, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 12);
	kidos_alert_states_free(states);
}

static void count_changed(unsigned int index, const struct kidos_alert *alert, void *context)
{
	assert_in_range(index, 0, KIDOS_ALERTS_KEPT - 1);
	assert_int_not_equal(alert->id, 0);
	++*(unsigned int *)context;
}

static void test_changed(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	unsigned int count = 0;

	(void)state;
	take(states, 100, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	take(states, 100, KIDOS_ALERT_DROP_SHARE, "eth1", "");
	kidos_alert_each_changed(states, count_changed, &count);
	assert_int_equal(count, 2);
	kidos_alert_each_changed(states, count_changed, &count);
	assert_int_equal(count, 2);
	kidos_alert_expire(states, 160 * SECOND);
	kidos_alert_each_changed(states, count_changed, &count);
	assert_int_equal(count, 4);
	kidos_alert_states_free(states);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: a state starts and ends with one id", test_start_and_end, NULL, NULL,
		  NULL },
		{ "alerts: signs within the cool-down are one alert", test_cool_down, NULL, NULL,
		  NULL },
		{ "alerts: a state ends with its last key", test_keys, NULL, NULL, NULL },
		{ "alerts: so many starts in any minute", test_rate_limit, NULL, NULL, NULL },
		{ "alerts: what the rate held back is sent later", test_pending_is_sent, NULL, NULL,
		  NULL },
		{ "alerts: pending ones are sent in order", test_pending_in_order, NULL, NULL,
		  NULL },
		{ "alerts: a pending one that ends is suppressed", test_pending_ends, NULL, NULL,
		  NULL },
		{ "alerts: a cool-down holds three intervals", test_long_interval, NULL, NULL,
		  NULL },
		{ "alerts: no end without a start", test_untold_start, NULL, NULL, NULL },
		{ "alerts: no room is counted", test_no_room, NULL, NULL, NULL },
		{ "alerts: what changed is told once", test_changed, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
