/* SPDX-License-Identifier: MIT */
/* whose.c: asks whose a packet is, of the collector that knows connections. */
#include "capture/frame.h"
#include "capture/job.h"

#define TCP_SYN 0x02

void kidos_job_whose(const struct kidos_job_port *port, const struct kidos_taken *packet,
		     char words[KIDOS_WHOSE_WORDS])
{
	struct kidos_packet parsed;
	struct kidos_whose question = { .flow = &parsed.key,
					.netns = port->netns_inode,
					.boot_ns = packet->boot_ns,
					.words = words };

	*words = '\0';
	if (!packet->whose || !packet->whose->count)
		return;
	kidos_capture_parse(packet->data, packet->captured, packet->length, port->ethernet,
			    &parsed);
	question.begins = parsed.tcp_flags & TCP_SYN;
	if (parsed.has_key)
		kidos_sinks_give(packet->whose, &question);
}
