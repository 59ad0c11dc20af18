#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 5.10
# Frames of every kind, an odd number of each, are counted exactly: packets and bytes per class, in
# both directions, at tc, native XDP and generic XDP, each at an interface of its own.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

modes='tc native generic'
classes='tcp udp icmp icmpv6 sctp gre esp ah igmp other_ip arp other'
declare -A packets bytes counted

# Sends 3, 5, 7... frames of each kind and remembers the sums per class.
send_all() {
	local ns=$1 interface=$2 kind class length count=3
	packets=() bytes=()
	while read -r kind class length <&3; do
		in_ns "$ns" "$frames" "$interface" "$kind" "$count" --dst-mac "$nobody" || return 1
		packets[$class]=$((${packets[$class]:-0} + count))
		bytes[$class]=$((${bytes[$class]:-0} + count * length))
		count=$((count + 2))
	done 3< <("$frames" list)
}

# The newest values of an interface, by type and class: "rx tx"
read_counted() {
	local key rx tx
	counted=()
	while read -r key rx tx; do
		counted[$key]="$rx $tx"
	done < <(awk -F, '{ last[FILENAME] = $2 " " $3 }
		END { for (file in last) {
			key = file
			sub(/.*\//, "", key)
			sub(/-20[0-9-]*$/, "", key)
			print key, last[file] } }' "$work/csv/kt/kidos-$1"/if_*)
}

# expect MODE DIRECTION
expect() {
	local class got field=0
	[ "$2" = rx ] || field=1
	read_counted "$1"
	for class in $classes; do
		read -ra got <<<"${counted[if_packets-$class]:-} ${counted[if_octets-$class]:-}"
		equal "$1 $2: $class" "${packets[$class]:-0} packets, ${bytes[$class]:-0} bytes" \
			"${got[field]:-no} packets, ${got[field + 2]:-no} bytes"
	done
}

all_flows() {
	local class got sum=0
	for class in $classes; do
		read -ra got <<<"${counted[if_packets-$class]}"
		sum=$((sum + got[0]))
	done
	equal "$1: the flows add up to the classes" "$sum" "$(csv_last "$1.flows/io_packets-other" | cut -d, -f1)"
}

malformed() {
	local kinds
	kinds=$("$frames" list | wc -l)
	echo $((2 * (2 * kinds - 1 + 2 * kinds + 1)))
}

errors() {
	awk -F, 'FNR == 1 { sum += last } { last = $2 } END { print sum + last }' \
		"$work/csv/kt/kidos-$1"/errors-*
}

sums() {
	all_flows "$1"
	equal "$1: nothing unaccounted" '0.000000 0.000000' \
		"$(csv_last "$1/gauge-unaccounted_rx") $(csv_last "$1/gauge-unaccounted_tx")"
	# bad-ihl is the last kind, truncated the one before: both are errors, once per direction.
	equal "$1: an error for each malformed frame" "$(malformed)" "$(errors "$1")"
}

config='' mode=''
make_ns a b
for mode in $modes; do
	make_veth a "$mode" b "$mode"
	config+="<Interface \"$mode\">
		XdpMode \"$mode\"
	</Interface>
	"
done
start_collectd b "$config"
for mode in $modes; do
	check "$mode: attached" wait_for 20 logged "interface $mode in this namespace: received packets at"
done
for mode in $modes; do
	check "$mode rx: frames are sent" send_all a "$mode"
done
settle
for mode in $modes; do
	expect "$mode" rx
done
for mode in $modes; do
	check "$mode tx: frames are sent" send_all b "$mode"
done
settle
for mode in $modes; do
	expect "$mode" tx
	sums "$mode"
done
stop_collectd
check 'nothing is left' nothing_left
finish
