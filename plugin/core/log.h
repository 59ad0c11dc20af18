/* SPDX-License-Identifier: MIT */
/* log.h: one way to say something; collectd's log or standard error is behind it. */
#ifndef KIDOS_CORE_LOG_H
#define KIDOS_CORE_LOG_H

#include <syslog.h>

typedef void (*kidos_log_sink)(int priority, const char *line);

/* Where lines go from now on; without a call, to standard error. */
void kidos_log_to(kidos_log_sink sink);

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO. Control characters are replaced. */
__attribute__((format(printf, 2, 3))) void kidos_log(int priority, const char *format, ...);

#endif
