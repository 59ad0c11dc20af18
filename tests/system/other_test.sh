#!/bin/bash
# SPDX-License-Identifier: MIT
# More interfaces than places, and indices that all lie in one place of the interface table: what is
# not counted by name is counted as other, to the packet.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

links=0

# make_links COUNT [INDEX STEP]: v1, v2, ... here and p1, p2, ... at the other end
make_links() {
	local i index=()
	links=$1
	for ((i = 1; i <= links; i++)); do
		[ -z "${2:-}" ] || index=(index $(($2 + i * $3)))
		echo "link add v$i ${index[*]} arp off type veth peer name p$i arp off netns $run-a"
		echo "link set v$i up"
	done | ip -n "$run-b" -batch - && for ((i = 1; i <= links; i++)); do
		echo "link set p$i up"
	done | ip -n "$run-a" -batch -
}

remove_links() {
	local i
	for ((i = 1; i <= links; i++)); do
		echo "link delete v$i"
	done | ip -n "$run-b" -batch -
}

# config PLACES
config() {
	printf '%s\n' "MaxInterfaces $1" '<Interface "/^v/">' 'Virtual true' 'XdpMode "tc"' '</Interface>' \
		'<Drops>' 'Enabled false' '</Drops>' '<Flows>' 'MaxFlows 4096' '</Flows>'
}

# N received packets on vN, and N + 1 sent ones
send() {
	local i
	for ((i = 1; i <= links; i++)); do
		in_ns a "$frames" "p$i" udp "$i" --dst-mac "$nobody" >/dev/null
		in_ns b "$frames" "v$i" udp $((i + 1)) --dst-mac "$nobody" >/dev/null
	done
}

# sum INSTANCE-PATTERN: received and sent UDP packets
sum() {
	find "$work/csv/kt" -path "*/kidos-$1/if_packets-udp-20*" -exec tail -qn 1 {} + |
		awk -F, '{ rx += $2; tx += $3 } END { print rx + 0, tx + 0 }'
}

both_sums() {
	paste -d ' ' <(sum 'v*') <(sum other) | awk '{ print $1 + $3, $2 + $4 }'
}

all_there() {
	[ "$(both_sums)" = "$((links * (links + 1) / 2)) $((links * (links + 3) / 2))" ]
}

every_link_logged() {
	local i
	for ((i = 1; i <= links; i++)); do
		logged "interface v$i in this namespace: received packets at" || return 1
	done
}

# counted NAME: all of them in the sum of names and other
counted() {
	check "$1: all are attached" wait_for 20 every_link_logged
	send
	wait_for 20 all_there
	equal "$1: names and other are what was sent" "$((links * (links + 1) / 2)) $((links * (links + 3) / 2))" "$(both_sums)"
	equal "$1: in kidosctl too" "$(sum other)" "$(ctl summary --json |
		jq -r '.interfaces[] | select(.interface == "other") | "\(.classes.udp.rx.packets) \(.classes.udp.tx.packets)"')"
}

with_state() {
	ctl status --json | jq --arg state "$1" '[.interfaces[] | select(.state == $state)] | length'
}

make_ns a b
make_links 40
start_collectd b "$(config 8)"
counted 'beyond MaxInterfaces'
equal 'beyond MaxInterfaces: eight have a name' 8 "$(find "$work/csv/kt" -path '*kidos-v*/if_packets-udp-*' | wc -l)"
stop_collectd
remove_links

# The table has 128 entries then, and eight are looked through.
make_links 12 1000 128
start_collectd b "$(config 16)"
counted 'indices alike'
equal 'indices alike: status says which are not counted by name' '8 4' "$(with_state attached) $(with_state failed)"
equal 'indices alike: a line for each' 4 "$(grep -c 'counted as other: too many interfaces with indices alike' "$work/log")"
equal 'indices alike: no values under their names' 8 \
	"$(find "$work/csv/kt" -path '*kidos-v*/if_packets-udp-*' | wc -l)"
remove_links
gone() {
	[ "$(with_state waiting)" = 12 ]
}
check 'indices alike: gone' wait_for 10 gone
stop_collectd
check 'nothing is left' nothing_left
finish
