/* SPDX-License-Identifier: MIT */
#include "connects/listeners.h"
#include "connects/names.h"
#include "core/flow_key.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What kidos_connect_listener_name() writes. */
static bool is_character(char character)
{
	return character >= ' ' && character < 0x7f;
}

const struct kidos_learned_kind kidos_connect_ordinary = {
	.file = "kidos-listeners",
	.what = "ordinary listeners",
	.room = KIDOS_LEARNED_NAME,
	.is_character = is_character,
};

struct kidos_port_range kidos_port_range_read(const char *path)
{
	struct kidos_port_range range = { .first = 32768, .last = 60999 };
	FILE *file = fopen(path, "re");
	unsigned int first, last;

	if (!file)
		return range;
	if (fscanf(file, "%u %u", &first, &last) == 2 && first <= last && last <= UINT16_MAX)
		range = (struct kidos_port_range){ (uint16_t)first, (uint16_t)last };
	fclose(file);
	return range;
}

void kidos_connect_listener_name(const struct kidos_connect_socket *socket,
				 const struct kidos_port_range *given,
				 const struct kidos_privacy *privacy, char name[KIDOS_LEARNED_NAME])
{
	struct kidos_connect_owner owner = socket->owner;
	union kidos_address address = socket->src;
	bool ipv4 = socket->family == AF_INET;
	char command[KIDOS_CONNECT_COMMAND], text[KIDOS_TEXT_ADDRESS], port[8];

	kidos_privacy_command(privacy, owner.comm, sizeof(owner.comm));
	kidos_privacy_address(privacy, ipv4, &address);
	kidos_connect_command(owner.comm, command);
	kidos_address_text(&address, ipv4, text);
	if (socket->sport >= given->first && socket->sport <= given->last)
		strcpy(port, "any");
	else
		snprintf(port, sizeof(port), "%u", socket->sport);
	snprintf(name, KIDOS_LEARNED_NAME, ipv4 ? "%s %s:%s" : "%s [%s]:%s",
		 *command ? command : "-", text, port);
}
