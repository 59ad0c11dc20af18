#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: yes
# Frames of every kind, an odd number of each, are counted exactly: packets and bytes per class, in
# both directions, at tc, native XDP and generic XDP.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

nobody=02:00:00:00:00:99 # no host has it, so that nobody answers
classes='tcp udp icmp icmpv6 sctp gre esp ah igmp other_ip arp other'
declare -A packets bytes

# Sends 3, 5, 7... frames of each kind and remembers the sums per class.
send_all() {
	local ns=$1 interface=$2 kind class length count=3
	packets=() bytes=()
	while read -r kind class length <&3; do
		in_ns "$ns" "$frames" "$interface" "$kind" $count --dst-mac $nobody || return 1
		packets[$class]=$((${packets[$class]:-0} + count))
		bytes[$class]=$((${bytes[$class]:-0} + count * length))
		count=$((count + 2))
	done 3< <("$frames" list)
}

# expect MODE DIRECTION
expect() {
	local class field=1
	[ "$2" = rx ] || field=2
	for class in $classes; do
		equal "$1 $2: $class" "${packets[$class]:-0} packets, ${bytes[$class]:-0} bytes" \
			"$(csv_last "b0/if_packets-$class" | cut -d, -f$field) packets, $(
				csv_last "b0/if_octets-$class" | cut -d, -f$field) bytes"
	done
}

all_flows() {
	local class sum=0
	for class in $classes; do
		sum=$((sum + $(csv_last "b0/if_packets-$class" | cut -d, -f1)))
	done
	equal "$1: the flows add up to the classes" "$sum" "$(csv_last b0.flows/if_packets-other | cut -d, -f1)"
}

run_mode() {
	local mode=$1
	start_collectd b "<Interface \"b0\">
		XdpMode \"$mode\"
	</Interface>"
	if ! attached b0; then
		not_ok "$mode: attached" "$(cat "$work/log" "$work/out")"
		stop_collectd
		return
	fi
	ok "$mode: attached"
	check "$mode rx: frames are sent" send_all a a0
	settle
	expect "$mode" rx
	check "$mode tx: frames are sent" send_all b b0
	settle
	expect "$mode" tx
	all_flows "$mode"
	equal "$mode: nothing unaccounted" '0.000000 0.000000' \
		"$(csv_last b0/gauge-unaccounted_rx) $(csv_last b0/gauge-unaccounted_tx)"
	# bad-ihl is the last kind, truncated the one before: both are errors, once per direction.
	equal "$mode: an error for each malformed frame" "$(malformed)" "$(errors)"
	stop_collectd
	check "$mode: nothing is left" nothing_left
}

malformed() {
	local kinds
	kinds=$("$frames" list | wc -l)
	echo $((2 * (2 * kinds - 1 + 2 * kinds + 1)))
}

errors() {
	local file
	for file in "$work"/csv/kt/kidos-b0/errors-*; do
		tail -n 1 "$file" | cut -d, -f2
	done | awk "{ sum += \$1 } END { print sum }"
}

make_ns a b
make_veth a a0 b b0
for mode in tc native generic; do
	run_mode $mode
done
finish
