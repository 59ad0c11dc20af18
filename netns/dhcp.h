/* SPDX-License-Identifier: MIT */
#ifndef KN_DHCP_H
#define KN_DHCP_H

#include "step.h"

/* The client that runs for a link, checked to be ours: its pid, or 0. */
int kn_dhcp_client(struct kn_nets *nets, const struct kn_link *link);

/* Waits until every DHCP link of the topology has an address, seconds have passed or a signal asks
 * for the end; returns how many have none.
 */
unsigned int kn_dhcp_wait(struct kn_nets *nets, unsigned int seconds);

/* udhcpc and dhclient run a script for every event; kidos-netns is that script. Returns true if
 * this process was started as one, with its exit code.
 */
bool kn_dhcp_event(int argc, char **argv, int *exit_code);

#endif
