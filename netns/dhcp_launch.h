/* SPDX-License-Identifier: MIT */
#ifndef KN_DHCP_LAUNCH_H
#define KN_DHCP_LAUNCH_H

/* Starting a DHCP client, and what it leaves in the run directory. */
#include "step.h"

#include <limits.h>
#include <sys/types.h>

/* A client's pid as we know it, and dhclient's three files. */
enum kn_dhcp_file {
	KN_DHCP_PID,
	KN_DHCP_LEASES,
	KN_DHCP_OWN_PID,
	KN_DHCP_CONFIG,
	KN_DHCP_FILES,
};
void kn_dhcp_file(const struct kn_link *link, enum kn_dhcp_file which, char name[NAME_MAX + 1]);

/* When a process was started, in ticks since boot: with the pid it names one process and no other.
 * 0 if there is none.
 */
unsigned long long kn_dhcp_start_time(pid_t pid);

/* -ENOENT if no DHCP client is installed. */
int kn_dhcp_can_launch(struct kn_err *err);

/* Starts udhcpc or dhclient for the link, in its namespace, its pid written down first. */
int kn_dhcp_launch(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err);

#endif
