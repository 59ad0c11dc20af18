/* SPDX-License-Identifier: MIT */
#ifndef KN_NETLINK_ERR_H
#define KN_NETLINK_ERR_H

#include <stdarg.h>

/* What went wrong, in words for the person at the terminal. A function that fails returns -errno
 * and leaves one of these; only main prints it.
 */
struct kn_err {
	char text[640];
};

/* Writes the text and returns code, so that a failure is one statement. */
int kn_fail(struct kn_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "where: " before a text that is already there and returns code. */
int kn_fail_at(struct kn_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
