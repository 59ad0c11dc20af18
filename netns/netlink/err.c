/* SPDX-License-Identifier: MIT */
#include "netlink/err.h"

#include <stdio.h>
#include <string.h>

int kn_fail(struct kn_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int kn_fail_at(struct kn_err *err, int code, const char *fmt, ...)
{
	struct kn_err inner = *err;
	va_list ap;
	size_t used;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner.text);
	return code;
}
