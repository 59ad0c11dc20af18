/* SPDX-License-Identifier: MIT */
#ifndef NETNS_UTIL_H
#define NETNS_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
