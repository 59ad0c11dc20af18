/* SPDX-License-Identifier: MIT */
/* The limit of descriptors: raised where it is too low, for this process alone; and where they lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOW 64
#define HARD 3000

static rlim_t soft_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_cur;
}

static int low_limit(void **state)
{
	(void)state;
	return setrlimit(RLIMIT_NOFILE, &(struct rlimit){ LOW, HARD });
}

static void enough(void **state)
{
	(void)state;
	assert_int_equal(kidos_descriptors_plan(LOW / 4), 0);
	assert_int_equal(soft_limit(), LOW);
}

static void too_many(void **state)
{
	(void)state;
	assert_int_equal(kidos_descriptors_plan(HARD), -EMFILE);
	assert_int_equal(soft_limit(), LOW);
}

static void up_without_room(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(kidos_descriptor_up(fd), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(kidos_descriptor_up(-1), -1);
}

static void raised(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(kidos_descriptors_plan(LOW), 0);
	assert_true(soft_limit() > 1024 + LOW);
	child = fork();
	if (!child)
		_exit(soft_limit() == LOW ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void up(void **state)
{
	int low = open("/dev/null", O_RDONLY | O_CLOEXEC), high = kidos_descriptor_up(low);

	(void)state;
	assert_true(high >= 1024);
	assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(low, F_GETFD), -1);
	close(high);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "descriptors: enough already", enough, NULL, NULL, NULL },
		{ "descriptors: beyond the hard limit", too_many, NULL, NULL, NULL },
		{ "descriptors: no room above 1024", up_without_room, NULL, NULL, NULL },
		{ "descriptors: raised, and not for children", raised, NULL, NULL, NULL },
		{ "descriptors: above 1024", up, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("descriptors", tests, low_limit, NULL);
}
