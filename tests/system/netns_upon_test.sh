#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: 6.1
# What stands on the uplink, a vxlan, a macvlan, a VLAN: refused, since it would not come back.
. "$(dirname "$0")/support/netns_uplink.bash"

# --- what stands on it ---
build
for kind in "vxlan id 5 dev up1 dstport 4789" "macvlan" "vlan id 5"; do
	name=${kind%% *}
	if [ "$name" = vxlan ]; then
		host ip link add upper type vxlan id 5 dev up1 dstport 4789
	else
		# shellcheck disable=SC2086
		host ip link add upper link up1 type $kind
	fi 2>/dev/null || { skip "return: a $name on top is refused" "this kernel has none"; continue; }
	refuses "return: a $name on top is refused" "upper ($name) stands on it" move
	host ip link del upper
done
check "return: with nothing on top it moves and returns" returns

finish
