/* SPDX-License-Identifier: MIT */
#include "collectd/test_run.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of collectd's options (BhtTfC:P:) these take a value, in the same argument or the next. */
static const char with_value[] = "CP";

/* One argument, as getopt reads it. next: its option's value is the next argument. */
static bool has_test_option(const char *argument, bool *next)
{
	*next = false;
	if (*argument != '-')
		return false;
	while (*++argument) {
		if (*argument == 'T')
			return true;
		if (strchr(with_value, *argument)) {
			*next = !argument[1];
			return false;
		}
	}
	return false;
}

bool collectd_is_test_run(void)
{
	char text[4096] = "";
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	bool found = false, value = true; /* the first argument is the program */

	if (fd >= 0)
		close(fd);
	for (const char *at = text; !found && at < text + size; at += strlen(at) + 1)
		if (value)
			value = false;
		else
			found = has_test_option(at, &value);
	return found;
}
