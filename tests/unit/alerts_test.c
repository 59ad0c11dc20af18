/* SPDX-License-Identifier: MIT */
/* Alerts from sign to words: rules, states with their limits, the queue, escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert_notice.h"
#include "alert_queue.h"
#include "control.h"

#define SECOND 1000000000ull
#define FIRST_ID 0x1234

/* What went out, counted by step; a sink that is full refuses starts. */
static struct {
	unsigned int steps[3];
	bool full;
	struct kidos_episode last;
} sent;

static bool record(const struct kidos_episode *episode, enum kidos_alert_step step, void *context)
{
	(void)context;
	if (sent.full && step != KIDOS_ALERT_ENDED)
		return false;
	sent.steps[step]++;
	sent.last = *episode;
	return true;
}

static struct kidos_alert_states *states_new(unsigned int rate)
{
	const struct kidos_alert_limits limits = { .cool_down_ns = 60 * SECOND, .rate = rate };
	struct kidos_alert_states *states = kidos_alert_states_new(&limits, FIRST_ID, record, NULL);

	memset(&sent, 0, sizeof(sent));
	assert_non_null(states);
	return states;
}

static struct kidos_alert alert_at(uint64_t seconds, enum kidos_alert_kind kind,
				   const char *instance, const char *subject)
{
	struct kidos_alert alert = {
		.time_ns = seconds * SECOND, .kind = kind, .observed = 2.5, .threshold = 1
	};

	snprintf(alert.instance, sizeof(alert.instance), "%s", instance);
	snprintf(alert.subject, sizeof(alert.subject), "%s", subject);
	return alert;
}

static void take(struct kidos_alert_states *states, uint64_t seconds, enum kidos_alert_kind kind,
		 const char *instance, const char *subject)
{
	struct kidos_alert alert = alert_at(seconds, kind, instance, subject);

	kidos_alert_take(states, &alert);
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

/* A sign every 50 s: one alert, however long, and it ends a cool-down after the last. */
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
	assert_int_equal(counts.suppressed, 9);
	assert_int_equal(counts.raised[KIDOS_ALERT_NEW_DROP_REASON], 13);
	/* Ends are not limited. */
	kidos_alert_expire(states, 300 * SECOND);
	assert_sent(1, 3, 1);
	kidos_alert_states_free(states);
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

/* More instances than there are episodes, more keys than there is room: counted, nothing else. */
static void test_no_room(void **state)
{
	struct kidos_alert_states *states = states_new(0);
	struct kidos_alert_counts counts;
	char instance[16];

	(void)state;
	for (unsigned int i = 0; i < KIDOS_EPISODES + 7; i++) {
		snprintf(instance, sizeof(instance), "eth%u", i);
		take(states, 100, KIDOS_ALERT_DROP_SHARE, instance, "");
	}
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 7);
	kidos_alert_expire(states, 200 * SECOND);
	assert_sent(KIDOS_EPISODES, 0, KIDOS_EPISODES);
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS + 5; i++)
		take_numbered(states, 300, i);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.suppressed, 12);
	assert_int_equal(counts.active[KIDOS_ALERT_NEW_DROP_REASON], KIDOS_ALERT_KEYS);
	kidos_alert_states_free(states);
}

static void count_changed(unsigned int index, const struct kidos_episode *episode, void *context)
{
	assert_in_range(index, 0, KIDOS_EPISODES - 1);
	assert_int_not_equal(episode->id, 0);
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

/* The end of what was told always fits, however full the queue is. */
static void test_queue_keeps_room(void **state)
{
	struct kidos_alert_queue *queue = kidos_alert_queue_new(4);
	struct kidos_episode episode = { .id = 1 };
	struct kidos_news news;

	(void)state;
	assert_true(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_STARTED));
	assert_true(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_STARTED));
	assert_false(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_STARTED));
	assert_false(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_ADDED));
	assert_true(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_ENDED));
	assert_true(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_ENDED));
	for (int i = 0; i < 4; i++) {
		assert_true(kidos_alert_queue_take(queue, &news));
		assert_int_equal(news.step, i < 2 ? KIDOS_ALERT_STARTED : KIDOS_ALERT_ENDED);
	}
	assert_true(kidos_alert_queue_put(queue, &episode, KIDOS_ALERT_STARTED));
	kidos_alert_queue_close(queue);
	assert_false(kidos_alert_queue_take(queue, &news));
	kidos_alert_queue_free(queue);
}

struct receiver {
	struct kidos_alert_queue *queue;
	uint64_t delivered, ended;
};

/* Until news of no episode. */
static void *receive(void *context)
{
	struct receiver *receiver = context;
	struct kidos_news news;

	while (kidos_alert_queue_take(receiver->queue, &news) && news.episode.id)
		if (news.step == KIDOS_ALERT_ENDED)
			receiver->ended++;
		else
			receiver->delivered++;
	return NULL;
}

static bool put(const struct kidos_episode *episode, enum kidos_alert_step step, void *context)
{
	return kidos_alert_queue_put(context, episode, step);
}

#define MILLION 1000000u

/* Ten a second of two kinds, each a key of its own. */
static void take_many(struct kidos_alert_states *states, unsigned int from, unsigned int to)
{
	struct kidos_alert alert;
	char subject[16];

	for (unsigned int i = from; i < to; i++) {
		snprintf(subject, sizeof(subject), "%u", i % 97);
		alert = alert_at(0, i % 2 ? KIDOS_ALERT_NEW_DROP_REASON : KIDOS_ALERT_DROP_SHARE,
				 "drops", subject);
		alert.time_ns = i * (SECOND / 10);
		kidos_alert_expire(states, alert.time_ns);
		kidos_alert_take(states, &alert);
	}
}

/* A million starts, at first nobody who receives them: none is unaccounted for. */
static void test_million(void **state)
{
	const struct kidos_alert_limits limits = { .cool_down_ns = 1000, .rate = 3 };
	struct receiver receiver = { .queue = kidos_alert_queue_new(8) };
	struct kidos_alert_states *states =
		kidos_alert_states_new(&limits, FIRST_ID, put, receiver.queue);
	struct kidos_alert_counts counts;
	pthread_t thread;

	(void)state;
	take_many(states, 0, 1000);
	assert_int_equal(pthread_create(&thread, NULL, receive, &receiver), 0);
	take_many(states, 1000, MILLION);
	kidos_alert_expire(states, UINT64_MAX);
	while (!kidos_alert_queue_put(receiver.queue, &(struct kidos_episode){}, KIDOS_ALERT_ADDED))
		sched_yield();
	pthread_join(thread, NULL);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.raised[0] + counts.raised[1], MILLION);
	assert_int_equal(receiver.delivered + counts.lost + counts.suppressed, MILLION);
	assert_int_equal(counts.active[0] + counts.active[1], 0);
	/* Each is an episode of its own, so each that was told has an end. */
	assert_int_equal(receiver.ended, receiver.delivered);
	assert_true(counts.lost > 0 && counts.suppressed > 0 && receiver.delivered > 0);
	kidos_alert_queue_free(receiver.queue);
	kidos_alert_states_free(states);
}

static void test_share(void **state)
{
	struct kidos_share share = {};
	double percent = 0;

	(void)state;
	assert_false(kidos_share_add(&share, 5, 500, 10 * SECOND, 60 * SECOND, 1000, &percent));
	assert_true(kidos_share_add(&share, 15, 500, 20 * SECOND, 60 * SECOND, 1000, &percent));
	assert_true(percent == 2);
	assert_false(kidos_share_add(&share, 900, 999, 30 * SECOND, 60 * SECOND, 1000, &percent));
	/* Too old to be judged with what comes now. */
	assert_false(kidos_share_add(&share, 1, 100, 91 * SECOND, 60 * SECOND, 1000, &percent));
	assert_true(kidos_share_add(&share, 2000, 1000, 92 * SECOND, 60 * SECOND, 1000, &percent));
	assert_true(percent == 100);
	assert_false(kidos_share_add(&share, 0, 0, 93 * SECOND, 60 * SECOND, 0, &percent));
}

static void test_record(void **state)
{
	struct kidos_alert_record record = { .size = sizeof(record),
					     .source = KIDOS_ALERT_DROP_REASON };
	enum kidos_alert_kind kind = KIDOS_ALERT_KINDS;

	(void)state;
	assert_int_equal(kidos_alert_kind_of(&record, sizeof(record), &kind), 0);
	assert_int_equal(kind, KIDOS_ALERT_NEW_DROP_REASON);
	assert_int_equal(kidos_alert_kind_of(&record, sizeof(record) - 1, &kind), -EPROTO);
	assert_int_equal(kidos_alert_kind_of(&record, 0, &kind), -EPROTO);
	record.size--;
	assert_int_equal(kidos_alert_kind_of(&record, sizeof(record), &kind), -EPROTO);
	record.size++;
	record.source = 0;
	assert_int_equal(kidos_alert_kind_of(&record, sizeof(record), &kind), -EPROTO);
	record.source = 12345;
	assert_int_equal(kidos_alert_kind_of(&record, sizeof(record), &kind), -EPROTO);
}

static const char hostile[] = "a\nHost: x\033[2J\"'\\\xff";

static struct kidos_drop_record a_drop(void)
{
	struct kidos_drop_record drop = { .time = 5 * SECOND,
					  .sport = 1234,
					  .dport = 443,
					  .protocol = 6,
					  .family = 4,
					  .owner = KIDOS_OWNER_SOCKET,
					  .tgid = 77 };

	drop.src.words[2] = drop.dst.words[2] = htonl(0xffff);
	drop.src.words[3] = htonl(0x0a000001);
	drop.dst.words[3] = htonl(0x0a000002);
	memcpy(drop.comm, hostile, sizeof(drop.comm)); /* fills it: no NUL */
	return drop;
}

static const char *text(const struct kidos_notice *notice, enum kidos_notice_field field)
{
	return notice->values[field].text;
}

static struct kidos_episode episode_of(const struct kidos_alert *alert)
{
	return (struct kidos_episode){ .id = FIRST_ID,
				       .started_ns = alert->time_ns,
				       .last_ns = alert->time_ns,
				       .keys = 1,
				       .raised = 1,
				       .alert = *alert };
}

static void test_notice(void **state)
{
	struct kidos_drop_record drop = a_drop();
	struct kidos_notice notice;
	struct kidos_alert alert;
	struct kidos_episode episode;

	(void)state;
	kidos_alert_of_drop(&drop, "NO_SOCKET", &alert);
	episode = episode_of(&alert);
	kidos_notice_of(&episode, KIDOS_ALERT_STARTED, 1000 * SECOND, &notice);
	assert_int_equal(notice.severity, KIDOS_SEVERITY_WARNING);
	assert_int_equal(notice.time_ns, 1005 * SECOND);
	assert_string_equal(notice.kind, "new_drop_reason");
	assert_string_equal(notice.instance, "drops");
	assert_string_equal(text(&notice, KIDOS_NOTICE_ALERT_ID), "0000000000001234");
	assert_string_equal(text(&notice, KIDOS_NOTICE_SRC), "10.0.0.1");
	assert_string_equal(text(&notice, KIDOS_NOTICE_DST), "10.0.0.2");
	assert_string_equal(text(&notice, KIDOS_NOTICE_PROTO), "tcp");
	assert_string_equal(text(&notice, KIDOS_NOTICE_COMMAND),
			    "a\\x0aHost: x\\x1b[2J\\x22\\x27\\x5c");
	assert_memory_equal(text(&notice, KIDOS_NOTICE_COMMUNITY_ID), "1:", 2);
	assert_int_equal(notice.values[KIDOS_NOTICE_SPORT].number, 1234);
	assert_int_equal(notice.values[KIDOS_NOTICE_PID].number, 77);
	assert_true(notice.values[KIDOS_NOTICE_ACTIVE].boolean);
	assert_string_equal(
		notice.message,
		"new_drop_reason on drops: packets are dropped for a new reason, NO_SOCKET "
		"alert_id=0000000000001234 active=true src=10.0.0.1 dst=10.0.0.2 sport=1234 "
		"dport=443 proto=tcp pid=77 command=\"a\\x0aHost: x\\x1b[2J\\x22\\x27\\x5c\"");
}

static void test_notice_of_end(void **state)
{
	struct kidos_alert alert = alert_at(100, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	struct kidos_episode episode = episode_of(&alert);
	struct kidos_notice notice;

	(void)state;
	kidos_notice_of(&episode, KIDOS_ALERT_STARTED, 0, &notice);
	assert_string_equal(notice.message, "drop_share on eth0: 2.5 % of packets dropped, 1 % are "
					    "allowed alert_id=0000000000001234 active=true");
	episode.ended_ns = 165 * SECOND;
	kidos_notice_of(&episode, KIDOS_ALERT_ENDED, 0, &notice);
	assert_int_equal(notice.severity, KIDOS_SEVERITY_OKAY);
	assert_int_equal(notice.time_ns, 165 * SECOND);
	assert_false(notice.values[KIDOS_NOTICE_ACTIVE].boolean);
	assert_string_equal(
		notice.message,
		"drop_share on eth0: over after 65 s alert_id=0000000000001234 active=false");
}

static void assert_plain(const char *words, size_t room)
{
	assert_in_range(strlen(words), 0, room - 1);
	for (const char *c = words; *c; c++)
		if (*c < ' ' || *c > '~')
			fail_msg("byte %d in: %s", *c, words);
}

/* Whatever the bytes are: printable, within the room, cut between fields. */
static void test_hostile(void **state)
{
	struct kidos_alert alert = alert_at(1, KIDOS_ALERT_NEW_DROP_REASON, hostile, hostile);
	struct kidos_notice notice;
	struct kidos_episode episode;

	(void)state;
	memset(alert.command, 0xff, sizeof(alert.command));
	memset(&alert.flow, 0xfe, sizeof(alert.flow));
	alert.pid = UINT32_MAX;
	memset(alert.instance, '\n', sizeof(alert.instance) - 1);
	memset(alert.subject, '"', sizeof(alert.subject) - 1);
	episode = episode_of(&alert);
	kidos_notice_of(&episode, KIDOS_ALERT_STARTED, 0, &notice);
	assert_plain(notice.message, sizeof(notice.message));
	assert_plain(notice.instance, sizeof(notice.instance));
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++)
		if (kidos_notice_fields[i].type == KIDOS_NOTICE_STRING)
			assert_plain(notice.values[i].text, KIDOS_NOTICE_TEXT);
	assert_non_null(strstr(notice.message, " alert_id="));
	assert_non_null(strstr(notice.message, " active=true"));
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *words = calloc(1, 1 << 16);

	assert_non_null(file);
	assert_non_null(words);
	assert_in_range(fread(words, 1, (1 << 16) - 1, file), 1, (1 << 16) - 2);
	fclose(file);
	return words;
}

static void assert_names(const char *path, const char *name)
{
	char *words = read_file(path);

	if (!strstr(words, name))
		fail_msg("%s has no %s", path, name);
	free(words);
}

static void test_documents(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		assert_names(KIDOS_SOURCE "/plugin/collectd-kidos.5", kidos_alert_rules[i].name);
		assert_names(KIDOS_SOURCE "/README.md", kidos_alert_rules[i].name);
	}
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++) {
		assert_names(KIDOS_SOURCE "/plugin/collectd-kidos.5", kidos_notice_fields[i].name);
		assert_names(KIDOS_SOURCE "/README.md", kidos_notice_fields[i].name);
	}
	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++)
		assert_names(KIDOS_SOURCE "/plugin/kidosctl.8", kidos_collector_names[i]);
}

/* Requests and answers that are half of one and half of another are told by their check. */
static void test_torn(void **state)
{
	struct kidos_request request = { .number = 7, .verb = KIDOS_REQUEST_COLLECTOR, .on = 1 };
	struct kidos_answer answer = { .number = 7, .text = "flows is on" };

	(void)state;
	kidos_request_seal(&request);
	kidos_answer_seal(&answer);
	assert_true(kidos_request_whole(&request));
	assert_true(kidos_answer_whole(&answer));
	request.on = 0;
	answer.text[10] = 'f';
	assert_false(kidos_request_whole(&request));
	assert_false(kidos_answer_whole(&answer));
	assert_int_equal(kidos_collector_find("flows"), KIDOS_COLLECTOR_FLOWS);
	assert_int_equal(kidos_collector_find("flow"), KIDOS_COLLECTORS);
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
		{ "alerts: no end without a start", test_untold_start, NULL, NULL, NULL },
		{ "alerts: no room is counted", test_no_room, NULL, NULL, NULL },
		{ "alerts: what changed is told once", test_changed, NULL, NULL, NULL },
		{ "alerts: the queue keeps room for ends", test_queue_keeps_room, NULL, NULL,
		  NULL },
		{ "alerts: a million, all accounted for", test_million, NULL, NULL, NULL },
		{ "alerts: a share of enough packets", test_share, NULL, NULL, NULL },
		{ "alerts: records of other sizes and sources", test_record, NULL, NULL, NULL },
		{ "alerts: message and metadata", test_notice, NULL, NULL, NULL },
		{ "alerts: message of an end", test_notice_of_end, NULL, NULL, NULL },
		{ "alerts: hostile names", test_hostile, NULL, NULL, NULL },
		{ "alerts: kinds and fields are documented", test_documents, NULL, NULL, NULL },
		{ "control: a torn request or answer", test_torn, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
