#!/bin/bash
# SPDX-License-Identifier: MIT
# What the wire carries, where an skb is not a packet: TCP segments that are made or joined later,
# those whose number the sender left open, tags in the metadata, frames of several buffers; links
# without an Ethernet header; packets that are dropped behind the hook.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

tap_frames=$build/tests/tools/tap-frames
[ "${KIDOS_SLOW:-1}" -gt 1 ] && megabytes=2 || megabytes=200

# counted TYPE INSTANCE CLASS DIRECTION: the newest value as a whole number
counted() {
	local field=1
	[ "$4" = rx ] || field=2
	csv_last "$2/$1-$3" | cut -d, -f$field
}

own() {
	ip -n "$run-$1" -s -j link show "$2" | jq ".[0].stats64.$3.$4"
}

# neighbours NS DEVICE ADDRESS NS DEVICE ADDRESS: one link, no ARP
neighbours() {
	ip -n "$run-$1" link set "$2" arp on
	ip -n "$run-$4" link set "$5" arp on
	ip -n "$run-$1" address add "$3/24" dev "$2"
	ip -n "$run-$4" address add "$6/24" dev "$5"
	ip -n "$run-$1" neigh replace "$6" lladdr "$(mac_of "$4" "$5")" dev "$2" nud permanent
	ip -n "$run-$4" neigh replace "$3" lladdr "$(mac_of "$1" "$2")" dev "$5" nud permanent
}

# a sends large segments to c through b, whose link to c makes packets of them: c counts those.
build_path() {
	make_ns a b c
	make_veth a a0 b b0
	make_veth b b1 c c0
	neighbours a a0 10.0.1.1 b b0 10.0.1.2
	neighbours b b1 10.0.2.2 c c0 10.0.2.1
	in_ns b sysctl -qw net.ipv4.ip_forward=1
	ip -n "$run-a" route add default via 10.0.1.2
	ip -n "$run-c" route add default via 10.0.2.2
	in_ns b ethtool -K b1 tso off gso off gro off >/dev/null 2>&1
	in_ns c ethtool -K c0 tso off gso off gro off >/dev/null 2>&1
	[ -e /dev/net/tun ] || modprobe -q tun
	in_ns b ip tuntap add dev t0 mode tap vnet_hdr
	in_ns b ip tuntap add dev u0 mode tun vnet_hdr
	ip -n "$run-b" link set t0 arp off up
	ip -n "$run-b" link set u0 up
}

send_tcp() {
	in_ns c iperf3 -s -1 -p 5301 >"$work/server" 2>&1 &
	started+=($!)
	wait_for 10 listens || return 1
	in_ns a iperf3 -c 10.0.2.1 -p 5301 -n "${megabytes}M" >"$work/client" 2>&1 || { cat "$work/client"; return 1; }
	wait "${started[-1]}"
	unset 'started[-1]'
}

listens() {
	in_ns c ss -Hltn 'sport = 5301' | grep -q .
}

segments() {
	local packets bytes
	packets=$(own c c0 rx packets) bytes=$(own c c0 rx bytes)
	check 'TCP in large segments is sent' send_tcp
	settle
	packets=$(($(own c c0 rx packets) - packets)) bytes=$(($(own c c0 rx bytes) - bytes))
	check 'far fewer skbs than packets came' test $(($(own b b0 rx packets) * 2)) -lt "$packets"
	equal 'received: as many packets as the wire carried' "$packets" "$(counted if_packets b0 tcp rx)"
	equal 'received: and bytes' "$bytes" "$(counted if_octets b0 tcp rx)"
	equal 'sent before they are segmented: as many packets' "$packets" "$(counted if_packets b1 tcp tx)"
	equal 'sent before they are segmented: and bytes' "$bytes" "$(counted if_octets b1 tcp tx)"
}

# machine NAME MODE LINK PAYLOAD SEGMENT HEADERS [tagged]: 10 frames as a virtual machine sends them
machine() {
	local name=$1 mode=$2 link=$3 payload=$4 segment=$5 headers=$6 packets bytes tagged=${7:-}
	local segments=1
	[ "$segment" = 0 ] || segments=$(((payload + segment - 1) / segment))
	packets=$(counted if_packets "$link" tcp rx) bytes=$(counted if_octets "$link" tcp rx)
	# shellcheck disable=SC2086 # a word or none
	check "$name: frames are sent" in_ns b "$tap_frames" "$link" "$mode" send 10 "$payload" "$segment" $tagged
	settle
	equal "$name: packets on the wire" $((10 * segments)) $(($(counted if_packets "$link" tcp rx) - packets))
	equal "$name: bytes on the wire" $((10 * (payload + segments * headers))) \
		$(($(counted if_octets "$link" tcp rx) - bytes))
}

machines() {
	machine 'tap' tap t0 1000 0 54
	machine 'tap, number of segments left open' tap t0 14001 1400 54
	machine 'tap, an even number of them' tap t0 14000 1400 54
	machine 'tap, segments with a tag' tap t0 14001 1400 58 tagged
	machine 'tun, no Ethernet header' tun u0 1000 0 40
	machine 'tun, number of segments left open' tun u0 5000 1000 40
}

to_machine() {
	in_ns b "$tap_frames" t0 tap read >"$work/read" &
	started+=($!)
	wait_for 10 carrier b t0
	in_ns b "$frames" t0 udp 20 --dst-mac "$nobody"
	wait "${started[-1]}"
	unset 'started[-1]'
	cat "$work/read"
	[ "$(cat "$work/read")" = 20 ]
}

# datagrams COUNT: 900 bytes each from b to a; whether they arrive is nobody's business
datagrams() {
	local i
	for ((i = 0; i < $1; i++)); do
		in_ns b bash -c 'head -c 900 /dev/zero >/dev/udp/10.0.1.1/9'
	done
}

# Of datagrams into a slow queue some are dropped and some wait; all of them were sent by this hook.
queue() {
	local before
	if ! tc -n "$run-b" qdisc add dev b0 root tbf rate 64kbit burst 2000 limit 4000 2>"$work/said"; then
		skip 'a qdisc that drops: all sent packets are counted' 'this kernel has no tbf'
		return
	fi
	before=$(counted if_packets b0 udp tx)
	datagrams 40
	settle
	check 'a qdisc that drops: it did' test "$(tc -n "$run-b" -s -j qdisc show dev b0 root | jq '.[0].drops')" -gt 0
	equal 'a qdisc that drops: all sent packets are counted' 40 $(($(counted if_packets b0 udp tx) - before))
	tc -n "$run-b" qdisc delete dev b0 root
}

# A veth drops what its peer would not take.
driver_drops() {
	local before dropped
	before=$(counted if_packets b0 udp tx) dropped=$(own b b0 tx dropped)
	ip -n "$run-a" link set a0 mtu 300
	datagrams 25
	settle
	equal 'dropped by the driver: it did' 25 $(($(own b b0 tx dropped) - dropped))
	equal 'dropped by the driver: counted as sent' 25 $(($(counted if_packets b0 udp tx) - before))
	ip -n "$run-a" link set a0 mtu 1500
}

has_frags() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	[ "$major" -gt 5 ] || [ "$minor" -ge 18 ]
}

jumbo() {
	ip -n "$run-a" link set a0 mtu 9000
	ip -n "$run-b" link set b0 mtu 9000
	start_collectd b '<Interface "b0">
		XdpMode "native"
	</Interface>'
	if ! has_frags; then
		check 'native XDP, large MTU: refused without frames of several buffers' wait_for 20 logged "interface b0"
		check 'native XDP, large MTU: the reason is named' wait_for 5 logged 'Numerical result out of range'
		skip 'native XDP, frames of several buffers: packets' 'before kernel 5.18'
		skip 'native XDP, frames of several buffers: bytes' 'before kernel 5.18'
	else
		check 'native XDP, large MTU: attached' attached b0
		in_ns a "$frames" a0 udp 31 --size 9000 --dst-mac "$nobody"
		settle
		equal 'native XDP, frames of several buffers: packets' 31 "$(counted if_packets b0 udp rx)"
		equal 'native XDP, frames of several buffers: bytes' $((31 * 9000)) "$(counted if_octets b0 udp rx)"
	fi
	stop_collectd
}

build_path
start_collectd b '<Flows>
	MaxFlows 4096
</Flows>
<Interface "/./">
	Virtual true
	XdpMode "tc"
</Interface>'
check 'attached' wait_for 20 logged 'interface u0 in'
settle
machines
check 'to a machine: 20 frames are read there' to_machine
queue
driver_drops
segments
equal 'under load: within the span at every poll' 0 "$(widest_distance)"
stop_collectd
jumbo
check 'nothing is left' nothing_left
finish
