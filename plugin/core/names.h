/* SPDX-License-Identifier: MIT */
/* names.h: the words for what abi.h numbers. */
#ifndef KIDOS_CORE_NAMES_H
#define KIDOS_CORE_NAMES_H

#include "abi.h"

extern const char *const kidos_class_names[KIDOS_CLASSES];
extern const char *const kidos_error_names[KIDOS_PARSE_ERRORS];
extern const char *const kidos_event_names[KIDOS_EVENTS];
extern const char *const kidos_direction_names[KIDOS_DIRECTIONS];

/* "tcp" for 6 and so on; writes the number where there is no name. */
const char *kidos_protocol_name(unsigned int protocol, char buffer[8]);

#endif
