/* SPDX-License-Identifier: MIT */
/* checksum.h: the Internet checksum (RFC 1071) and SCTP's CRC32c (RFC 9260 appendix A). */
#ifndef KIDOS_TEST_CHECKSUM_H
#define KIDOS_TEST_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `size` bytes in network order to a running sum; only the last piece may be odd. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t size);

/* What is stored in the header, in network order. */
uint16_t checksum_finish(uint32_t sum);

/* What is stored in the header: least significant byte first in memory. */
uint32_t crc32c(const void *bytes, size_t size);

#endif
