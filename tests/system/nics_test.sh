#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.1
# Hardware, as a guest has it (tests/guest/run --device e1000e --device virtio-net-pci): what it counts
# of packets and bytes is what kidos counts, and in the total a packet is what hardware saw of it.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/moves.bash
. "$(dirname "$0")/support/lib.bash"
. "$(dirname "$0")/support/moves.bash"

# A NIC of this driver in the first namespace, moved into b: it comes back when that is deleted.
take_nic() {
	local device
	for device in /sys/class/net/*/device/driver; do
		[ "$(basename "$(readlink -f "$device")" 2>/dev/null)" = "$1" ] || continue
		device=${device#/sys/class/net/}
		ip link set "${device%%/*}" netns "$run-$2" name "$3" || return 1
		ip -n "$run-$2" link set "$3" arp off up
		wait_for 10 carrier "$2" "$3"
		return
	done
	return 1
}

total() {
	ctl summary --json | jq .total.rx.packets
}

# e0 is a port of br0: the total has the NIC alone.
once() {
	local before after
	before=$(total)
	in_ns b "$frames" w0 udp 20 --dst-mac "$(mac_of b br0)" >/dev/null || return 1
	settle
	after=$(total)
	echo "total: $before, then $after; br0: $(csv_last br0/if_packets-udp)"
	[ $((after - before)) = 20 ]
}

make_ns b
nics=no
! take_nic e1000e b e0 || ! take_nic virtio_net b w0 || nics=yes
if [ $nics = no ]; then
	without e1000e 'no such NICs here'
	without virtio_net 'no such NICs here'
	skip 'the total has a packet of a NIC and its bridge once' 'no such NICs here'
	skip 'nothing is unaccounted at rest' 'no such NICs here'
	finish
fi
ip -n "$run-b" link add br0 type bridge mcast_snooping 0
ip -n "$run-b" link set br0 arp off up
start_collectd b '<Flows>
	MaxFlows 4096
</Flows>
<Interface "/./">
	XdpMode "tc"
</Interface>'
attached br0
settle
# Both are on one hub.
both e1000e e0 60 b w0 udp "$(mac_of b e0)" 60 b e0 udp $nobody
both virtio_net w0 60 b e0 udp "$(mac_of b w0)" 60 b w0 udp $nobody
ip -n "$run-b" link set e0 master br0
check 'the total has a packet of a NIC and its bridge once' once
stop_collectd
finish
