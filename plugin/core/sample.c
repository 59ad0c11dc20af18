/* SPDX-License-Identifier: MIT */
#include "core/sample.h"

void kidos_send_derive(const struct kidos_output *output, const char *type,
		       const char *type_instance, uint64_t value)
{
	struct kidos_sample sample = { .instance = output->instance,
				       .type = type,
				       .type_instance = type_instance,
				       .kind = KIDOS_SAMPLE_DERIVE,
				       .count = 1,
				       .derive = { (int64_t)value } };

	output->emit(&sample, output->context);
}

void kidos_send_rx_tx(const struct kidos_output *output, const char *type,
		      const char *type_instance, uint64_t rx, uint64_t tx)
{
	struct kidos_sample sample = { .instance = output->instance,
				       .type = type,
				       .type_instance = type_instance,
				       .kind = KIDOS_SAMPLE_DERIVE,
				       .count = 2,
				       .derive = { (int64_t)rx, (int64_t)tx } };

	output->emit(&sample, output->context);
}

void kidos_send_gauge(const struct kidos_output *output, const char *type,
		      const char *type_instance, double value)
{
	struct kidos_sample sample = { .instance = output->instance,
				       .type = type,
				       .type_instance = type_instance,
				       .kind = KIDOS_SAMPLE_GAUGE,
				       .count = 1,
				       .gauge = { value } };

	output->emit(&sample, output->context);
}
