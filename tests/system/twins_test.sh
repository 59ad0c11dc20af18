#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# Two namespaces that each have a link of the same name and the same number, both watched: what
# passes one is never counted for the other, also after one of them was made anew.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config="<Interface \"t0\">
	Namespace \"$run-b\"
</Interface>
<Interface \"t0\">
	Namespace \"$run-c\"
</Interface>"

index_of() {
	ip -n "$run-$1" -j link show t0 | jq '.[0].ifindex'
}

both_attached() {
	interface_is "$run-b:t0" attached && interface_is "$run-c:t0" attached
}

counted() {
	local ns
	for ns in b c; do
		echo "$ns: udp $(csv_last "$run-$ns:t0/if_packets-udp") tcp $(csv_last "$run-$ns:t0/if_packets-tcp")"
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

make_world 'a b c' 'a to-b b t0' 'a to-c c t0'
equal 'the two have one number' "$(index_of b)" "$(index_of c)"
start_collectd - "$config"
check 'both are attached' wait_for 20 both_attached
check 'frames pass both, each way' send_each_way
settle
equal 'counted apart' 'b: udp 101,0 tcp 0,13
c: udp 57,0 tcp 0,7' "$(counted)"
equal 'flows of the first' 'rx 101, tx 13' "$(flows_of b)"
equal 'flows of the second' 'rx 57, tx 7' "$(flows_of c)"

index=$(index_of c)
ip -n "$run-c" link delete t0
check 'one of them goes' wait_for 10 eval '! both_attached'
ip -n "$run-c" link add t0 index "$index" arp off type veth peer name to-c netns "$run-a"
ip -n "$run-a" link set to-c arp off up
ip -n "$run-c" link set t0 up
check 'and comes again under its number' wait_for 20 both_attached
check 'frames pass both again' send_each_way
settle
equal 'still counted apart' 'b: udp 202,0 tcp 0,26
c: udp 114,0 tcp 0,14' "$(counted)"
stop_collectd
check 'nothing is left' nothing_left
finish
