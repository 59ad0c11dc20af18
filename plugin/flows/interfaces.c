/* SPDX-License-Identifier: MIT */
#include "flows/interfaces.h"
#include "core/names.h"
#include "links/conserve_check.h"

#include <math.h>

static uint64_t wire_packets(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].packets + totals->extra[class].packets;
}

static uint64_t wire_bytes(const struct kidos_totals *totals, unsigned int class)
{
	return totals->hook[class].bytes + totals->extra[class].bytes;
}

static void send_classes(const struct kidos_output *output, const struct kidos_slot_counts *counts)
{
	const struct kidos_totals *rx = &counts->totals[KIDOS_RX], *tx = &counts->totals[KIDOS_TX];

	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		kidos_send_rx_tx(output, "if_packets", kidos_class_names[c], wire_packets(rx, c),
				 wire_packets(tx, c));
		kidos_send_rx_tx(output, "if_octets", kidos_class_names[c], wire_bytes(rx, c),
				 wire_bytes(tx, c));
	}
}

static void send_errors(const struct kidos_output *output, const struct kidos_slot_counts *counts)
{
	for (unsigned int e = KIDOS_PARSE_OK + 1; e < KIDOS_PARSE_ERRORS; e++)
		kidos_send_derive(output, "errors", kidos_error_names[e],
				  counts->totals[KIDOS_RX].errors[e] +
					  counts->totals[KIDOS_TX].errors[e]);
}

/* NaN while it is not measured: 0 would say that all is well. */
static double unaccounted(const struct kidos_slot *slot, unsigned int direction)
{
	return slot->measured[direction] ? (double)slot->unaccounted[direction] : NAN;
}

/* ... and where nobody knows how the driver counts them. */
static double unaccounted_bytes(const struct kidos_slot *slot, unsigned int direction)
{
	return slot->measured[direction] && slot->bytes_compared
		       ? (double)slot->unaccounted_bytes[direction]
		       : NAN;
}

static void send_interface(const struct kidos_output *output, const struct kidos_slot *slot,
			   const struct kidos_slot_counts *counts, uint64_t flows_active)
{
	send_classes(output, counts);
	send_errors(output, counts);
	kidos_send_gauge(output, "objects", "flows_active", (double)flows_active);
	kidos_send_gauge(output, "gauge", "unaccounted_rx", unaccounted(slot, KIDOS_RX));
	kidos_send_gauge(output, "gauge", "unaccounted_tx", unaccounted(slot, KIDOS_TX));
	kidos_send_gauge(output, "gauge", "unaccounted_bytes_rx",
			 unaccounted_bytes(slot, KIDOS_RX));
	kidos_send_gauge(output, "gauge", "unaccounted_bytes_tx",
			 unaccounted_bytes(slot, KIDOS_TX));
}

void kidos_interfaces_send(const struct kidos_context *context, const struct kidos_poll *poll,
			   const uint64_t *active_of)
{
	for (unsigned int slot = 1; slot < context->meta.slots; slot++) {
		if (!poll->instances[slot] || !poll->counts[slot].read)
			continue;
		poll->output->instance = poll->instances[slot];
		send_interface(poll->output, &context->slots[slot], &poll->counts[slot],
			       active_of[slot]);
	}
}

void kidos_other_send(const struct kidos_context *context, const struct kidos_poll *poll,
		      unsigned int *zeros)
{
	static const struct kidos_slot_counts nothing;
	struct kidos_sum sums[KIDOS_DIRECTIONS];
	struct kidos_slot_counts counts;

	if (kidos_slot_read(context, KIDOS_SLOT_OTHER, &counts))
		return;
	kidos_totals_sum(counts.totals, sums);
	if (!sums[KIDOS_RX].hook_packets && !sums[KIDOS_TX].hook_packets)
		return;
	poll->output->instance = "other";
	send_classes(poll->output, *zeros < KIDOS_SERIES_ZEROS ? &nothing : &counts);
	if (*zeros < KIDOS_SERIES_ZEROS)
		++*zeros;
}

void kidos_table_send(const struct kidos_context *context, const struct kidos_poll *poll)
{
	const struct kidos_meta *meta = &context->meta;
	uint64_t events[KIDOS_EVENTS] = {};

	poll->output->instance = "self";
	kidos_maps_events(&context->maps, events);
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		kidos_send_derive(poll->output, "total_events", kidos_event_names[i], events[i]);
	kidos_send_gauge(poll->output, "percent", "table_fill",
			 100.0 * (double)meta->flows_active / (double)meta->max_flows);
}
