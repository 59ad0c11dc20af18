#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: yes
# Each kind of link counts packets and bytes in a way of its own: ours agree with it, exactly. And a
# packet that comes by several of them is counted at each, under its name, but once in the total.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

nobody=02:00:00:00:00:99

mac_of() {
	ip -n "$run-$1" -j link show "$2" | jq -r '.[0].address'
}

# value TYPE LINK DIRECTION
value() {
	local field=1
	[ "$3" = rx ] || field=2
	csv_last "$2/$1-udp" | cut -d, -f$field
}

# moves LINK DIRECTION BYTES NS DEVICE KIND MAC: 20 frames of KIND sent out of DEVICE are 20 packets
# of so many bytes at LINK.
moves() {
	local link=$1 direction=$2 bytes=$3 packets before=() now=()
	before=("$(value if_packets "$link" "$direction")" "$(value if_octets "$link" "$direction")")
	in_ns "$4" "$frames" "$5" "$6" 20 --dst-mac "$7" >/dev/null || return 1
	settle
	now=("$(value if_packets "$link" "$direction")" "$(value if_octets "$link" "$direction")")
	packets=$((now[0] - before[0]))
	echo "$packets packets, $((now[1] - before[1])) bytes; unaccounted, in bytes: $(csv_last "$link/gauge-unaccounted_bytes_$direction")"
	[ "$packets" = 20 ] && [ $((now[1] - before[1])) = $((20 * bytes)) ] &&
		[[ $(csv_last "$link/gauge-unaccounted_bytes_$direction") =~ ^0\.0*$ ]]
}

# There, or why not: modules are loaded by their kind.
add_link() {
	ip -n "$run-b" link add "$@" 2>"$work/said" && ip -n "$run-b" link set "$add_name" arp off up
}

# A NIC of this driver in the first namespace, moved into b: it comes back when that is deleted.
take_nic() {
	local device
	for device in /sys/class/net/*/device/driver; do
		[ "$(basename "$(readlink -f "$device")" 2>/dev/null)" = "$1" ] || continue
		device=${device#/sys/class/net/}
		ip link set "${device%%/*}" netns "$run-$2" name "$3" || return 1
		ip -n "$run-$2" link set "$3" arp off up
		wait_for 10 ip_up "$2" "$3"
		return
	done
	return 1
}

ip_up() {
	ip -n "$run-$1" -j link show "$2" | jq -e '.[0].flags | index("LOWER_UP")'
}

# both KIND LINK: what follows are the arguments of two moves, received and sent
both() {
	check "$1: received" moves "$2" rx "${@:3:5}"
	check "$1: sent" moves "$2" tx "${@:8:5}"
}

without() {
	skip "$1: received" "$2"
	skip "$1: sent" "$2"
}

veths() {
	both veth b0 60 a a0 udp $nobody 60 b b0 udp $nobody
	check 'veth, GRO at the receiving end: received' gro_on
	both 'bridge' br0 60 c c0 udp "$(mac_of b br0)" 60 b br0 udp $nobody
	both 'loopback' lo 60 b lo udp 00:00:00:00:00:00 60 b lo udp 00:00:00:00:00:00
}

# Then it counts in NAPI, without the Ethernet header.
gro_on() {
	in_ns b ethtool -K b0 gro on || return 1
	moves b0 rx 60 a a0 udp $nobody
	local status=$?
	in_ns b ethtool -K b0 gro off
	return $status
}

others() {
	if [ $macvlan = yes ]; then
		both macvlan mv0 60 a a0 udp "$(mac_of b mv0)" 60 b mv0 udp $nobody
	else
		without macvlan 'this kernel has no macvlan'
	fi
	if [ $vlan = yes ]; then
		both vlan v0 56 a a0 vlan-udp "$(mac_of b v0)" 60 b v0 udp $nobody
	else
		without vlan 'this kernel has no VLAN links'
	fi
	# Both are on one hub.
	if [ $nics = yes ]; then
		both e1000e e0 60 b w0 udp "$(mac_of b e0)" 60 b e0 udp $nobody
		both virtio_net w0 60 b e0 udp "$(mac_of b w0)" 60 b w0 udp $nobody
		ip -n "$run-b" link set e0 master br0
		check "the total has a packet of a NIC and its bridge once" once
	else
		without e1000e 'no such NICs here'
		without virtio_net 'no such NICs here'
		skip "the total has a packet of a NIC and its bridge once" 'no such NICs here'
	fi
}

seen() {
	local link file
	for link in b1 br0 m0 "$run-m:m1"; do
		for file in "$link/if_packets-udp"; do
			csv_last "$file"
		done
	done
}

total() {
	"$kidosctl" --state "$state" summary --json | jq .total.rx.packets
}

# c0 -> b1, a port of br0; whatever b1 receives is mirrored into m0 -> m1.
everywhere() {
	local link before after i=0 wanted=(20 20 20 20) field
	mapfile -t before < <(seen)
	in_ns c "$frames" c0 udp 20 --dst-mac "$(mac_of b br0)" >/dev/null || return 1
	settle
	mapfile -t after < <(seen)
	for link in b1 br0 m0 m1; do
		field=1
		[ $link != m0 ] || field=2
		wanted[i]=$(($(cut -d, -f$field <<<"${after[i]}") - $(cut -d, -f$field <<<"${before[i]}")))
		echo "$link: ${wanted[i]}"
		[ "${wanted[i]}" = 20 ] || return 1
		i=$((i + 1))
	done
}

# The same with hardware for a port: the total has that alone.
once() {
	local before after
	before=$(total)
	in_ns b "$frames" w0 udp 20 --dst-mac "$(mac_of b br0)" >/dev/null || return 1
	settle
	after=$(total)
	echo "total: $before, then $after; br0: $(csv_last br0/if_packets-udp)"
	[ $((after - before)) = 20 ]
}

make_ns a b c m
make_veth a a0 b b0
make_veth c c0 b b1
make_veth b m0 m m1
ip -n "$run-b" link add br0 type bridge mcast_snooping 0
ip -n "$run-b" link set b1 master br0
ip -n "$run-b" link set br0 arp off up
macvlan=no vlan=no nics=no
add_name=mv0
! add_link link b0 name mv0 type macvlan mode bridge || macvlan=yes
add_name=v0
! add_link link b0 name v0 type vlan id 100 || vlan=yes
! take_nic e1000e b e0 || ! take_nic virtio_net b w0 || nics=yes

start_collectd b "<Flows>
	MaxFlows 4096
</Flows>
<Interface \"/./\">
	Virtual true
	XdpMode \"tc\"
</Interface>
<Interface \"m1\">
	Namespace \"$run-m\"
	Mirror true
</Interface>"
check 'attached' wait_for 20 logged "interface br0 in"
tc -n "$run-b" qdisc add dev b1 clsact 2>/dev/null
check 'a mirror is set up' tc -n "$run-b" filter add dev b1 ingress protocol all prio 50 \
	u32 match u32 0 0 action mirred egress mirror dev m0
settle
veths
check 'one packet at veth, bridge and both ends of a mirror: counted at each' everywhere
others
tc -n "$run-b" qdisc delete dev b1 clsact
stop_collectd
check 'nothing is left' nothing_left
finish
