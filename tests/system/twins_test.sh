#!/bin/bash
# SPDX-License-Identifier: MIT
# Two namespaces that each have a link of the same name and the same number, both watched: what
# passes one is never counted for the other: at once, when one namespace hands on to the other within
# one interrupt, and after one of them was made anew.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config="<Interface \"t0\">
	Namespace \"$run-b\"
</Interface>
<Interface \"t0\">
	Namespace \"$run-c\"
</Interface>
<Interface \"x\">
	Namespace \"$run-b\"
</Interface>
<Interface \"x\">
	Namespace \"$run-c\"
</Interface>"

index_of() {
	ip -n "$run-$1" -j link show t0 | jq '.[0].ifindex'
}

both_attached() {
	interface_is "$run-b:$1" attached && interface_is "$run-c:$1" attached
}

# counted [LINK]
counted() {
	local ns link=${1:-t0}
	for ns in b c; do
		echo "$ns: udp $(csv_last "$run-$ns:$link/if_packets-udp") tcp $(csv_last "$run-$ns:$link/if_packets-tcp")"
	done
}

# The flows of one of them, by its label: sum of packets for each direction
flows_of() {
	ctl flows --interface "$run-$1:t0" --limit 0 --json |
		jq -r '[.flows[] | { (.direction): .packets }] | map(to_entries[]) | group_by(.key) |
			map("\(.[0].key) \(map(.value) | add)") | join(", ")'
}

# Odd numbers of frames, none of them twice.
send_each_way() {
	in_ns a "$frames" to-b udp 101 --dst-mac "$nobody" &&
		in_ns a "$frames" to-c udp 57 --dst-mac "$nobody" &&
		in_ns b "$frames" t0 tcp 13 --dst-mac "$nobody" &&
		in_ns c "$frames" t0 tcp 7 --dst-mac "$nobody"
}

# at_once JOB...: each `NS LINK KIND COUNT`, all of them at the same time
at_once() {
	local job pid status=0 pids=()
	for job; do
		# shellcheck disable=SC2086 # words
		set -- $job
		in_ns "$1" "$frames" "${@:2}" --dst-mac "$nobody" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return "$status"
}

# A frame that comes in by one goes out by the other before the interrupt ends.
bridge() {
	ip -n "$run-b" link add name bridge type bridge mcast_snooping 0 &&
		ip -n "$run-b" link set t0 master bridge &&
		ip -n "$run-b" link set x master bridge &&
		ip -n "$run-b" link set bridge arp off up
}

make_world 'a b c' 'a to-b b t0' 'a to-c c t0' 'b x c x'
equal 'the two have one number' "$(index_of b)" "$(index_of c)"
start_collectd - "$config"
check 'both are attached' wait_for 20 both_attached t0
check 'and the two that are joined' wait_for 20 both_attached x
check 'frames pass both, each way' send_each_way
settle
equal 'counted apart' 'b: udp 101,0 tcp 0,13
c: udp 57,0 tcp 0,7' "$(counted)"
equal 'flows of the first' 'rx 101, tx 13' "$(flows_of b)"
equal 'flows of the second' 'rx 57, tx 7' "$(flows_of c)"

index=$(index_of c)
ip -n "$run-c" link delete t0
check 'one of them goes' wait_for 10 eval '! both_attached t0'
ip -n "$run-c" link add t0 index "$index" arp off type veth peer name to-c netns "$run-a"
ip -n "$run-a" link set to-c arp off up
ip -n "$run-c" link set t0 up
check 'and comes again under its number' wait_for 20 both_attached t0
check 'frames pass both again' send_each_way
settle
equal 'still counted apart' 'b: udp 202,0 tcp 0,26
c: udp 114,0 tcp 0,14' "$(counted)"

check 'frames pass all at once' at_once 'a to-b udp 30001' 'a to-c udp 20003' 'b t0 tcp 10007' \
	'c t0 tcp 15013' 'b x tcp 9011' 'c x udp 7019'
settle
equal 'counted apart when all send at once' 'b: udp 30203,0 tcp 0,10033
c: udp 20117,0 tcp 0,15027' "$(counted)"
equal 'both ends of a link, each way' 'b: udp 7019,0 tcp 0,9011
c: udp 0,7019 tcp 9011,0' "$(counted x)"
check 'one namespace hands on to the other' bridge
check 'frames pass through one into the other' at_once 'a to-b udp 5003' 'c x tcp 3001'
settle
equal 'handed on: the first link' 'b: udp 35206,0 tcp 0,13034
c: udp 20117,0 tcp 0,15027' "$(counted)"
equal 'handed on: the second, both ends' 'b: udp 7019,5003 tcp 3001,9011
c: udp 5003,7019 tcp 9011,3001' "$(counted x)"
equal 'no packet went uncounted' 0 "$(ctl status --json | jq .events.uncounted)"
stop_collectd
check 'nothing is left' nothing_left
finish
