/* SPDX-License-Identifier: MIT */
/* frame.h: a captured packet, parsed. */
#ifndef KIDOS_CAPTURE_FRAME_H
#define KIDOS_CAPTURE_FRAME_H

#include "parse.h"

#include <stdbool.h>
#include <stdint.h>

/* length: of the whole packet. Without Ethernet header it begins with that of IP. */
static inline void kidos_capture_parse(const void *data, uint32_t captured, uint32_t length,
				       bool ethernet, struct kidos_packet *packet)
{
	const uint8_t *bytes = data;
	struct kidos_frame frame = { .data = (void *)(uintptr_t)bytes,
				     .data_end = (void *)(uintptr_t)(bytes + captured),
				     .length = length };

	if (!ethernet && captured)
		frame.protocol = *bytes >> 4 == 6 ? 0x86dd : 0x0800;
	kidos_parse(&frame, packet);
}

#endif
