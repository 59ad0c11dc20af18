/* SPDX-License-Identifier: MIT */
#include "dhcp.h"
#include "dhcp_lease.h"
#include "read.h"
#include "resolv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* This process is the clients' script, and in the namespace already. */

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	return kn_read_link(nlh, data) ? MNL_CB_ERROR : MNL_CB_OK;
}

static int apply(struct kn_talk *talk, const char *interface, const struct kn_lease *lease,
		 struct kn_err *err)
{
	const char *ns = getenv("KIDOS_NETNS_RESOLV");
	struct kn_link_info link;
	char buf[KN_MSG_SIZE];
	int code = kn_talk_get(talk, kn_msg_link_get(buf, interface), take_link, &link, err);

	if (!code)
		code = kn_lease_apply(talk, link.ifindex, lease, err);
	if (!code && ns && *ns && !strchr(ns, '/') && lease->resolv)
		code = kn_resolv_write(ns, lease->resolv, err);
	return code;
}

enum action {
	NOTHING,
	LEASED,
	LOST,
	/* dhclient got no answer and offers an old lease. If that were taken, dhclient would not
	 * ask again for a long time.
	 */
	REFUSED,
};

static const struct {
	const char *name;
	enum action action;
	enum kn_dhcp_dialect dialect;
} events[] = {
	{ "bound", LEASED, KN_UDHCPC },      { "renew", LEASED, KN_UDHCPC },
	{ "deconfig", LOST, KN_UDHCPC },     { "leasefail", NOTHING, KN_UDHCPC },
	{ "nak", NOTHING, KN_UDHCPC },       { "BOUND", LEASED, KN_DHCLIENT },
	{ "RENEW", LEASED, KN_DHCLIENT },    { "REBIND", LEASED, KN_DHCLIENT },
	{ "REBOOT", LEASED, KN_DHCLIENT },   { "EXPIRE", LOST, KN_DHCLIENT },
	{ "RELEASE", LOST, KN_DHCLIENT },    { "STOP", LOST, KN_DHCLIENT },
	{ "FAIL", LOST, KN_DHCLIENT },       { "PREINIT", NOTHING, KN_DHCLIENT },
	{ "TIMEOUT", REFUSED, KN_DHCLIENT }, { "MEDIUM", NOTHING, KN_DHCLIENT },
};

static int handle(const char *interface, enum action action, enum kn_dhcp_dialect dialect,
		  struct kn_err *err)
{
	struct kn_talk *talk = NULL;
	struct kn_lease lease = {};
	int code = 0;

	if (action == NOTHING || action == REFUSED)
		return 0;
	if (action == LEASED)
		code = kn_lease_read(dialect, &lease, err);
	if (!code)
		code = kn_talk_open(&talk, err);
	if (!code)
		code = apply(talk, interface, &lease, err);
	kn_talk_close(talk);
	free(lease.resolv);
	return code;
}

bool kn_dhcp_event(int argc, char **argv, int *exit_code)
{
	const char *interface = getenv("interface");
	const char *event = argc == 1 ? getenv("reason") : argv[1];
	struct kn_err err;

	if (!interface || !event)
		return false;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strcmp(events[i].name, event) != 0)
			continue;
		*exit_code = events[i].action == REFUSED;
		if (handle(interface, events[i].action, events[i].dialect, &err) < 0) {
			fprintf(stderr, "kidos-netns: dhcp %s %s: %s\n", interface, event,
				err.text);
			*exit_code = 1;
		}
		return true;
	}
	return false;
}
