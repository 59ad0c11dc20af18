/* SPDX-License-Identifier: MIT */
/* memory.h: what maps and tables of drops take. */
#ifndef KIDOS_DROPS_MEMORY_H
#define KIDOS_DROPS_MEMORY_H

#include <stdint.h>

#define KIDOS_DROP_ROOM_LEAST 64u /* records of one CPU */

/* Bytes with the least room for records. */
uint64_t kidos_drop_bytes(unsigned int cpus);

/* Records of one CPU that fit `room` bytes more, a power of two; bytes: that these take more. */
uint32_t kidos_drop_room(unsigned int cpus, uint64_t room, uint64_t *bytes);

#endif
