/* SPDX-License-Identifier: MIT */
#include "core/privacy.h"
#include "core/flow_key.h"

#include <stdio.h>
#include <string.h>

#define AT(field) KIDOS_OPTION_AT(kidos_privacy_settings, field)

static const struct raw {
	const char *name;
	unsigned int flag;
} raws[] = {
	{ "exec", KIDOS_RAW_EXEC },
	{ "capture", KIDOS_RAW_CAPTURE },
};

/* 0: it is none. */
static unsigned int raw_flag(const char *text)
{
	for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++)
		if (!strcmp(raws[i].name, text))
			return raws[i].flag;
	return 0;
}

static int check_raw(const char *text, char reason[KIDOS_REASON])
{
	if (raw_flag(text))
		return 0;
	snprintf(reason, KIDOS_REASON, "not one of exec capture");
	return -1;
}

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "hide what the other options of the block say" },
	{ "AddressBitsV4", KIDOS_OPTION_NUMBER, AT(bits_v4), 0, 32, "32", NULL,
	  "bits of IPv4 addresses that are shown; the rest is 0" },
	{ "AddressBitsV6", KIDOS_OPTION_NUMBER, AT(bits_v6), 0, 128, "128", NULL,
	  "bits of IPv6 addresses that are shown; the rest is 0" },
	{ "CommandNames", KIDOS_OPTION_BOOLEAN, AT(command_names), 0, 0, "true", NULL,
	  "show the names of commands" },
	{ "Raw", KIDOS_OPTION_STRINGS, AT(raw), 0, 2, "exec", NULL,
	  "what has whole addresses all the same: exec, the metadata of notifications; capture, "
	  "files of packets, of which there are none without it",
	  check_raw },
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

	struct kidos_privacy privacy = {
		.hidden_v4 = (__u8)(32 - settings->bits_v4),
		.hidden_v6 = (__u8)(128 - settings->bits_v6),
		.hide_commands = !settings->command_names,
	};

	if (!settings->enabled)
		return (struct kidos_privacy){};
	for (size_t i = 0; i < settings->raw.count; i++)
		privacy.raw |= (__u8)raw_flag(settings->raw.items[i]);
	return privacy;
}

bool kidos_privacy_allows(const struct kidos_privacy *privacy, unsigned int raw)
{
	return privacy->raw & raw || (!privacy->hidden_v4 && !privacy->hidden_v6);
}

void kidos_privacy_address(const struct kidos_privacy *privacy, bool ipv4,
			   union kidos_address *address)
{
	kidos_address_mask(address, ipv4,
			   ipv4 ? 32u - privacy->hidden_v4 : 128u - privacy->hidden_v6);
}

void kidos_privacy_ends(const struct kidos_privacy *privacy, bool ipv4, union kidos_address *src,
			union kidos_address *dst)
{
	kidos_privacy_address(privacy, ipv4, src);
	kidos_privacy_address(privacy, ipv4, dst);
}

struct kidos_flow_key kidos_privacy_flow(const struct kidos_privacy *privacy,
					 const struct kidos_flow_key *flow)
{
	struct kidos_flow_key shown = *flow;

	kidos_privacy_ends(privacy, kidos_key_is_ipv4(flow), &shown.src, &shown.dst);
	return shown;
}

void kidos_privacy_command(const struct kidos_privacy *privacy, char *comm, size_t size)
{
	if (privacy->hide_commands)
		memset(comm, 0, size);
}
