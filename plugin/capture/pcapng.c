/* SPDX-License-Identifier: MIT */
#include "capture/pcapng.h"

#include <arpa/inet.h>
#include <string.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6 }; /* types of blocks */
enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	STATISTICS_START = 2,
	STATISTICS_END = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};
#define MAGIC 0x1a2b3c4du
#define TEXT_MAX 65532u
#define TAG_AT 12u /* behind the Ethernet addresses */
#define TAG_SIZE 4u

/* A block that grows; full: something did not fit, and the block is none. */
struct block {
	char *start;
	size_t room, used;
	int full;
};

static char *take(struct block *block, size_t size)
{
	char *at = block->start + block->used;

	if (block->full || size > block->room - block->used) {
		block->full = 1;
		return NULL;
	}
	block->used += size;
	return at;
}

static void put(struct block *block, const void *data, size_t size)
{
	char *at = take(block, size);

	if (at && size)
		memcpy(at, data, size);
}

static void put16(struct block *block, uint16_t value)
{
	put(block, &value, sizeof(value));
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

/* Times are two halves, the high one first. */
static void put_time(struct block *block, uint64_t time_ns)
{
	put32(block, (uint32_t)(time_ns >> 32));
	put32(block, (uint32_t)time_ns);
}

static void pad(struct block *block)
{
	static const char zeros[3];

	put(block, zeros, -block->used & 3);
}

static void put_option(struct block *block, uint16_t code, const void *value, size_t size)
{
	put16(block, code);
	put16(block, (uint16_t)size);
	put(block, value, size);
	pad(block);
}

static void put_text(struct block *block, uint16_t code, const char *text)
{
	if (text)
		put_option(block, code, text, strnlen(text, TEXT_MAX));
}

static void put_counter(struct block *block, uint16_t code, uint64_t value)
{
	put_option(block, code, &value, sizeof(value));
}

/* A time as an option's value, high half first. */
static void put_moment(struct block *block, uint16_t code, uint64_t time_ns)
{
	const uint32_t halves[] = { (uint32_t)(time_ns >> 32), (uint32_t)time_ns };

	put_option(block, code, halves, sizeof(halves));
}

static struct block begin(char *to, size_t room, uint32_t type)
{
	struct block block = { .start = to, .room = room };

	put32(&block, type);
	put32(&block, 0);
	return block;
}

/* The length stands at both ends. */
static size_t end(struct block *block)
{
	uint32_t length = (uint32_t)block->used + sizeof(length);

	put32(block, length);
	if (block->full)
		return 0;
	memcpy(block->start + sizeof(uint32_t), &length, sizeof(length));
	return block->used;
}

static size_t end_options(struct block *block)
{
	put_option(block, OPTION_END, NULL, 0);
	return end(block);
}

size_t kidos_pcapng_section(char *to, size_t room, const char *comment)
{
	static const uint32_t unknown[] = { UINT32_MAX, UINT32_MAX };
	struct block block = begin(to, room, SECTION);

	put32(&block, MAGIC);
	put16(&block, 1); /* version 1.0 */
	put16(&block, 0);
	put(&block, unknown, sizeof(unknown)); /* the section's length */
	put_text(&block, SECTION_APPLICATION, "kidos " KIDOS_VERSION);
	put_text(&block, OPTION_COMMENT, comment);
	return end_options(&block);
}

size_t kidos_pcapng_interface(char *to, size_t room, const struct kidos_pcapng_interface *interface)
{
	static const uint8_t nanoseconds = 9;
	struct block block = begin(to, room, INTERFACE);

	put16(&block, interface->link);
	put16(&block, 0);
	put32(&block, interface->snap);
	put_text(&block, INTERFACE_NAME, interface->name);
	put_text(&block, INTERFACE_DESCRIPTION, interface->description);
	put_option(&block, INTERFACE_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	return end_options(&block);
}

static void put_tagged(struct block *block, const struct kidos_pcapng_packet *packet,
		       const char *data)
{
	const uint32_t tag = htonl(packet->tag);

	put(block, data, TAG_AT);
	put(block, &tag, sizeof(tag));
	put(block, data + TAG_AT, packet->captured - TAG_AT);
}

size_t kidos_pcapng_packet(char *to, size_t room, const struct kidos_pcapng_packet *packet,
			   const void *data)
{
	int tagged = packet->tag && packet->captured >= TAG_AT;
	struct block block = begin(to, room, PACKET);
	const uint32_t flags = packet->direction;

	put32(&block, packet->interface);
	put_time(&block, packet->time_ns);
	put32(&block, packet->captured + (tagged ? TAG_SIZE : 0));
	put32(&block, packet->length);
	if (tagged)
		put_tagged(&block, packet, data);
	else
		put(&block, data, packet->captured);
	pad(&block);
	if (!flags && !packet->comment)
		return end(&block);
	if (flags)
		put_option(&block, PACKET_FLAGS, &flags, sizeof(flags));
	put_text(&block, OPTION_COMMENT, packet->comment);
	return end_options(&block);
}

size_t kidos_pcapng_statistics(char *to, size_t room,
			       const struct kidos_pcapng_statistics *statistics)
{
	struct block block = begin(to, room, STATISTICS);

	put32(&block, statistics->interface);
	put_time(&block, statistics->time_ns);
	put_moment(&block, STATISTICS_START, statistics->start_ns);
	put_moment(&block, STATISTICS_END, statistics->end_ns);
	put_counter(&block, STATISTICS_RECEIVED, statistics->received);
	put_counter(&block, STATISTICS_DROPPED, statistics->dropped);
	put_text(&block, OPTION_COMMENT, statistics->comment);
	return end_options(&block);
}
