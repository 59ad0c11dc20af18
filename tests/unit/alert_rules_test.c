/* SPDX-License-Identifier: MIT */
/* What makes an alert: a share of packets, a record out of the ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "core/share.h"
#include "drops/alert.h"
#include "alert_event.h"

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

	(void)state;
	assert_int_equal(kidos_drop_alert_check(&record, sizeof(record)), 0);
	assert_int_equal(kidos_drop_alert_check(&record, sizeof(record) - 1), -EPROTO);
	assert_int_equal(kidos_drop_alert_check(&record, 0), -EPROTO);
	record.size--;
	assert_int_equal(kidos_drop_alert_check(&record, sizeof(record)), -EPROTO);
	record.size++;
	record.source = 0;
	assert_int_equal(kidos_drop_alert_check(&record, sizeof(record)), -EPROTO);
	record.source = 12345;
	assert_int_equal(kidos_drop_alert_check(&record, sizeof(record)), -EPROTO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: a share of enough packets", test_share, NULL, NULL, NULL },
		{ "alerts: records of other sizes and sources", test_record, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
