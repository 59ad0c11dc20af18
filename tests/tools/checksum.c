/* SPDX-License-Identifier: MIT */
#include "checksum.h"

#include <arpa/inet.h>
#include <endian.h>

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (; size > 1; at += 2, size -= 2)
		sum += (uint32_t)at[0] << 8 | at[1];
	if (size)
		sum += (uint32_t)at[0] << 8;
	return sum;
}

uint16_t checksum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

/* Reflected polynomial 0x1edc6f41, bit by bit: test frames are small. */
uint32_t crc32c(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint32_t crc = ~0u;
	int bit;

	for (; size; size--) {
		crc ^= *at++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
	}
	return htole32(~crc);
}
