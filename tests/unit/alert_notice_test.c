/* SPDX-License-Identifier: MIT */
/* An event in words: severity, message, metadata, and nothing in them that breaks out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "alerts/notice.h"
#include "drops/alert.h"
#include "alert_event.h"
#include "document.h"

static const struct kidos_privacy open_to_all;

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

static struct kidos_alert alert_of(const struct kidos_alert_event *event)
{
	return (struct kidos_alert){ .id = FIRST_ID,
				     .started_ns = event->time_ns,
				     .last_ns = event->time_ns,
				     .keys = 1,
				     .raised = 1,
				     .event = *event };
}

static void test_notice(void **state)
{
	struct kidos_drop_record drop = a_drop();
	struct kidos_notice notice;
	struct kidos_alert_event event;
	struct kidos_alert alert;

	(void)state;
	kidos_alert_of_drop(&drop, "NO_SOCKET", &event);
	alert = alert_of(&event);
	kidos_notice_of(&alert, KIDOS_ALERT_STARTED, 1000 * SECOND, &open_to_all, &notice);
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
	struct kidos_alert_event event = alert_at(100, KIDOS_ALERT_DROP_SHARE, "eth0", "");
	struct kidos_alert alert = alert_of(&event);
	struct kidos_notice notice;

	(void)state;
	kidos_notice_of(&alert, KIDOS_ALERT_STARTED, 0, &open_to_all, &notice);
	assert_string_equal(notice.message, "drop_share on eth0: 2.5 % of packets dropped, 1 % are "
					    "allowed alert_id=0000000000001234 active=true");
	alert.ended_ns = 165 * SECOND;
	kidos_notice_of(&alert, KIDOS_ALERT_ENDED, 0, &open_to_all, &notice);
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
	struct kidos_alert_event event = alert_at(1, KIDOS_ALERT_NEW_DROP_REASON, hostile, hostile);
	struct kidos_notice notice;
	struct kidos_alert alert;

	(void)state;
	memset(event.command, 0xff, sizeof(event.command));
	memset(&event.flow, 0xfe, sizeof(event.flow));
	event.pid = UINT32_MAX;
	memset(event.instance, '\n', sizeof(event.instance) - 1);
	memset(event.subject, '"', sizeof(event.subject) - 1);
	alert = alert_of(&event);
	kidos_notice_of(&alert, KIDOS_ALERT_STARTED, 0, &open_to_all, &notice);
	assert_plain(notice.message, sizeof(notice.message));
	assert_plain(notice.instance, sizeof(notice.instance));
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++)
		if (kidos_notice_fields[i].type == KIDOS_NOTICE_STRING)
			assert_plain(notice.values[i].text, KIDOS_NOTICE_TEXT);
	assert_non_null(strstr(notice.message, " alert_id="));
	assert_non_null(strstr(notice.message, " active=true"));
}

static void test_documents(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		assert_document_has("plugin/collectd-kidos.5", kidos_alert_kinds[i].name);
		assert_document_has("README.md", kidos_alert_kinds[i].name);
	}
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++) {
		assert_document_has("plugin/collectd-kidos.5", kidos_notice_fields[i].name);
		assert_document_has("README.md", kidos_notice_fields[i].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: message and metadata", test_notice, NULL, NULL, NULL },
		{ "alerts: message of an end", test_notice_of_end, NULL, NULL, NULL },
		{ "alerts: hostile names", test_hostile, NULL, NULL, NULL },
		{ "alerts: kinds and fields are documented", test_documents, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
