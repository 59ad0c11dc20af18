/* SPDX-License-Identifier: MIT */
#include "core/privacy.h"
#include "core/flow_key.h"

#include <string.h>

#define AT(field) KIDOS_OPTION_AT(kidos_privacy_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "hide what the other options of the block say" },
	{ "AddressBitsV4", KIDOS_OPTION_NUMBER, AT(bits_v4), 0, 32, "32", NULL,
	  "bits of IPv4 addresses that are shown; the rest is 0" },
	{ "AddressBitsV6", KIDOS_OPTION_NUMBER, AT(bits_v6), 0, 128, "128", NULL,
	  "bits of IPv6 addresses that are shown; the rest is 0" },
	{ "CommandNames", KIDOS_OPTION_BOOLEAN, AT(command_names), 0, 0, "true", NULL,
	  "show the names of commands" },
};

const struct kidos_block kidos_privacy_block = {
	.name = "Privacy",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_privacy_settings),
};

struct kidos_privacy kidos_privacy_of(const struct kidos_config *config)
{
	const struct kidos_privacy_settings *settings =
		kidos_config_settings(config, &kidos_privacy_block);

	if (!settings->enabled)
		return (struct kidos_privacy){};
	return (struct kidos_privacy){
		.hidden_v4 = (__u8)(32 - settings->bits_v4),
		.hidden_v6 = (__u8)(128 - settings->bits_v6),
		.hide_commands = !settings->command_names,
	};
}

void kidos_privacy_address(const struct kidos_privacy *privacy, bool ipv4,
			   union kidos_address *address)
{
	kidos_address_mask(address, ipv4,
			   ipv4 ? 32u - privacy->hidden_v4 : 128u - privacy->hidden_v6);
}

void kidos_privacy_flow(const struct kidos_privacy *privacy, struct kidos_flow_key *flow)
{
	bool ipv4 = kidos_key_is_ipv4(flow);

	kidos_privacy_address(privacy, ipv4, &flow->src);
	kidos_privacy_address(privacy, ipv4, &flow->dst);
}

void kidos_privacy_command(const struct kidos_privacy *privacy, char *comm, size_t size)
{
	if (privacy->hide_commands)
		memset(comm, 0, size);
}
