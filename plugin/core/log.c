/* SPDX-License-Identifier: MIT */
#include "core/log.h"
#include "core/log_limit.h"
#include "core/now.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static void log_to_stderr(int priority, const char *line)
{
	(void)priority;
	fprintf(stderr, "%s\n", line);
}

static kidos_log_sink log_sink = log_to_stderr;
static struct kidos_log_limit limit;
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

void kidos_log_to(kidos_log_sink sink)
{
	log_sink = sink;
}

void kidos_log(int priority, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* A name from outside must not start a line of its own or colour a terminal. */
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	pthread_mutex_lock(&limit_lock);
	kidos_log_limited(&limit, priority, line, kidos_now_ns(CLOCK_MONOTONIC), log_sink);
	pthread_mutex_unlock(&limit_lock);
}

void kidos_log_flush(bool all)
{
	pthread_mutex_lock(&limit_lock);
	kidos_log_limit_flush(&limit, all ? UINT64_MAX : kidos_now_ns(CLOCK_MONOTONIC), log_sink);
	pthread_mutex_unlock(&limit_lock);
}
