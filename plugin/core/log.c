/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

static void log_to_stderr(int priority, const char *line)
{
	(void)priority;
	fprintf(stderr, "%s\n", line);
}

static kidos_log_sink log_sink = log_to_stderr;

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
	log_sink(priority, line);
}
