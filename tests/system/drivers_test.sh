#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# Each kind of link counts packets and bytes in a way of its own: ours agree with it, exactly. And a
# packet that comes by several of them is counted at each, under its name. Hardware: nics.sh.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/moves.bash
. "$(dirname "$0")/support/lib.bash"
. "$(dirname "$0")/support/moves.bash"

# There, or why not: modules are loaded by their kind.
add_link() {
	ip -n "$run-b" link add "$@" 2>"$work/said" && ip -n "$run-b" link set "$add_name" arp off up
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
	moves b0 rx 60 a a0 udp "$nobody"
	local status=$?
	in_ns b ethtool -K b0 gro off
	return "$status"
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
}

seen() {
	local link
	for link in b1 br0 m0 "$run-m:m1"; do
		csv_last "$link/if_packets-udp"
	done
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
		[ "$link" != m0 ] || field=2
		wanted[i]=$(($(cut -d, -f"$field" <<<"${after[i]}") - $(cut -d, -f"$field" <<<"${before[i]}")))
		echo "$link: ${wanted[i]}"
		[ "${wanted[i]}" = 20 ] || return 1
		i=$((i + 1))
	done
}

make_ns a b c m
make_veth a a0 b b0
make_veth c c0 b b1
make_veth b m0 m m1
ip -n "$run-b" link add br0 type bridge mcast_snooping 0
ip -n "$run-b" link set b1 master br0
ip -n "$run-b" link set br0 arp off up
macvlan=no vlan=no
add_name=mv0
! add_link link b0 name mv0 type macvlan mode bridge || macvlan=yes
add_name=v0
! add_link link b0 name v0 type vlan id 100 || vlan=yes

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
