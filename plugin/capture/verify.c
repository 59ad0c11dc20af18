/* SPDX-License-Identifier: MIT */
#include "capture/verify.h"
#include "capture/frame.h"
#include "capture/pcapng.h"
#include "core/flow_key.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6 };
#define MAGIC 0x1a2b3c4du
#define COMMENT 1
#define BLOCK_LEAST 12u
#define LINKS 256u
#define SLACK_NS 1000000000u /* a packet that was on its way as the capture began */

struct reading {
	const uint8_t *at, *end; /* of a block's body */
	struct kidos_verified *verified;
	uint16_t links[LINKS]; /* of the section's interfaces */
	uint32_t interfaces;
	bool ended; /* the ledger has come */
	char text[KIDOS_LEDGER_TEXT];
};

static void __attribute__((format(printf, 2, 3)))
fault(struct kidos_verified *verified, const char *format, ...)
{
	va_list arguments;

	if (verified->fault_count == KIDOS_VERIFY_FAULTS)
		return;
	va_start(arguments, format);
	vsnprintf(verified->faults[verified->fault_count++], KIDOS_REASON, format, arguments);
	va_end(arguments);
}

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint16_t half(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool asks(const struct kidos_flow_filter *filter)
{
	return filter->protocol != KIDOS_FILTER_ANY || filter->prefix_count || filter->port_count;
}

static void check_packet(struct reading *reading, const uint8_t *data, uint32_t captured,
			 uint32_t length, bool ethernet)
{
	const struct kidos_flow_filter *filter = &reading->verified->ledger.order.filter;
	struct kidos_packet packet;

	if (!asks(filter))
		return;
	kidos_capture_parse(data, captured, length, ethernet, &packet);
	if (kidos_is_short(packet.error) && captured < length)
		reading->verified->unread++;
	else if (!packet.has_key || !kidos_flow_matches(filter, &packet.key))
		reading->verified->foreign++;
}

static void check_time(struct kidos_verified *verified, uint64_t time_ns)
{
	if (time_ns + SLACK_NS < verified->ledger.started_ns ||
	    time_ns > verified->ledger.ended_ns + SLACK_NS)
		verified->untimely++;
	if (!verified->first_ns || time_ns < verified->first_ns)
		verified->first_ns = time_ns;
	if (time_ns > verified->last_ns)
		verified->last_ns = time_ns;
}

static bool take_packet(struct reading *reading)
{
	size_t size = (size_t)(reading->end - reading->at);
	uint32_t interface, captured, length;

	if (size < 20)
		return false;
	interface = word(reading->at);
	captured = word(reading->at + 12);
	length = word(reading->at + 16);
	if (interface >= reading->interfaces || captured > size - 20)
		return false;
	reading->verified->packets++;
	check_time(reading->verified,
		   (uint64_t)word(reading->at + 4) << 32 | word(reading->at + 8));
	check_packet(reading, reading->at + 20, captured, length,
		     reading->links[interface] == KIDOS_PCAPNG_ETHERNET);
	return true;
}

static bool take_interface(struct reading *reading)
{
	if (reading->end - reading->at < 8 || reading->interfaces == LINKS)
		return false;
	reading->links[reading->interfaces++] = half(reading->at);
	return true;
}

/* The comment among the options from `at` on. */
static bool find_comment(struct reading *reading, const uint8_t *at)
{
	while (reading->end - at >= 4) {
		uint16_t code = half(at), length = half(at + 2);

		at += 4;
		if (!code || reading->end - at < length)
			return false;
		if (code == COMMENT) {
			snprintf(reading->text, sizeof(reading->text), "%.*s", (int)length,
				 (const char *)at);
			return true;
		}
		at += (length + 3u) & ~3u;
	}
	return false;
}

static bool take_statistics(struct reading *reading)
{
	reading->ended =
		reading->end - reading->at >= 12 && find_comment(reading, reading->at + 12);
	return reading->ended;
}

static bool take_block(struct reading *reading, uint32_t type, bool ledger_only)
{
	if (type == STATISTICS)
		return take_statistics(reading);
	if (ledger_only)
		return true;
	if (type == PACKET)
		return take_packet(reading);
	return type == INTERFACE ? take_interface(reading) : true;
}

/* One walk over the blocks; false where the file is damaged, at `*offset`. */
static bool walk(struct reading *reading, const uint8_t *file, size_t size, bool ledger_only,
		 size_t *offset)
{
	for (*offset = 0; *offset < size;) {
		const uint8_t *block = file + *offset;
		uint32_t length;

		if (size - *offset < BLOCK_LEAST)
			return false;
		length = word(block + 4);
		if (length < BLOCK_LEAST || length % 4 || length > size - *offset ||
		    word(block + length - 4) != length)
			return false;
		if (word(block) == SECTION && (length < 16 || word(block + 8) != MAGIC))
			return false;
		/* Nothing is behind the ledger. */
		if (reading->ended)
			return false;
		reading->at = block + 8;
		reading->end = block + length - 4;
		if (!take_block(reading, word(block), ledger_only))
			return false;
		*offset += length;
	}
	return true;
}

/* The first or last may be among those that found a full disk. */
static bool are_its_times(const struct kidos_verified *verified)
{
	const struct kidos_ledger *ledger = &verified->ledger;

	if (!ledger->fates[KIDOS_FATE_DISK])
		return verified->first_ns == ledger->first_ns &&
		       verified->last_ns == ledger->last_ns;
	return !verified->packets ||
	       (verified->first_ns >= ledger->first_ns && verified->last_ns <= ledger->last_ns);
}

static void compare(struct kidos_verified *verified)
{
	const struct kidos_ledger *ledger = &verified->ledger;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < KIDOS_FATES; i++)
		sum += ledger->fates[i];
	if (sum != ledger->matched)
		fault(verified,
		      "what became of packets adds up to %" PRIu64 ", the filter took "
		      "%" PRIu64,
		      sum, ledger->matched);
	if (ledger->counted_most &&
	    (ledger->matched < ledger->counted_least || ledger->matched > ledger->counted_most))
		fault(verified,
		      "the filter took %" PRIu64 " packets, the interface had %" PRIu64
		      " to %" PRIu64,
		      ledger->matched, ledger->counted_least, ledger->counted_most);
	if (verified->packets != ledger->fates[KIDOS_FATE_WRITTEN])
		fault(verified, "%" PRIu64 " packets are in the file, %" PRIu64 " in its ledger",
		      verified->packets, ledger->fates[KIDOS_FATE_WRITTEN]);
	if (!are_its_times(verified))
		fault(verified, "the first or the last packet is of another time");
	if (verified->foreign)
		fault(verified, "%" PRIu64 " packets are none that its filter takes",
		      verified->foreign);
	if (verified->untimely)
		fault(verified, "%" PRIu64 " packets are of before or after it",
		      verified->untimely);
}

void kidos_verify(const void *file, size_t size, struct kidos_verified *verified)
{
	struct reading reading = { .verified = verified };
	char reason[KIDOS_REASON];
	size_t offset;

	*verified = (struct kidos_verified){};
	/* The ledger is the last, and says what the packets are to be. */
	if (!walk(&reading, file, size, true, &offset)) {
		fault(verified, "damaged at byte %zu", offset);
		return;
	}
	if (!reading.ended) {
		fault(verified, "it has no ledger: it was cut, or is being written");
		return;
	}
	if (!kidos_ledger_parse(reading.text, &verified->ledger, reason)) {
		fault(verified, "%s", reason);
		return;
	}
	if (verified->ledger.files != 1) {
		fault(verified,
		      "the capture has %" PRIu64 " files: those of one alone are verified",
		      verified->ledger.files);
		return;
	}
	reading.ended = false;
	if (!walk(&reading, file, size, false, &offset))
		fault(verified, "damaged at byte %zu", offset);
	else
		compare(verified);
}
