#!/bin/bash
# SPDX-License-Identifier: MIT
# More names of interfaces than MaxInterfaces come and go, as those of containers do: each is counted
# under its own name from 0 on, with nothing of whose place it got, though their flows are the same
# ones. While there is no place they are counted as other, and named once there is one.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config() {
	printf '%s\n' "MaxInterfaces $1" '<Interface "/^v/">' 'Virtual true' 'XdpMode "tc"' '</Interface>' \
		'<Flows>' 'MaxFlows 4096' 'IdleTimeout 1' 'TopFlows 3' '</Flows>'
}

# appear NUMBER...: vN here, pN at the other end
appear() {
	local i
	for i; do
		ip -n "$run-b" link add "v$i" type veth peer name "p$i" netns "$run-a"
		ip -n "$run-a" link set "p$i" arp off up
		ip -n "$run-b" link set "v$i" arp off up
	done
}

disappear() {
	local i
	for i; do
		ip -n "$run-b" link delete "v$i"
	done
}

all_named() {
	local i
	for i; do
		wait_for 30 interface_is "v$i" attached || { ctl status; return 1; }
	done
}

# The same flows at each, one more packet in both directions for each number.
send() {
	local i
	for i; do
		in_ns a "$frames" "p$i" udp $((20 + i)) --flows 5 --dst-mac "$nobody" >/dev/null
		in_ns b "$frames" "v$i" tcp $((40 + i)) --flows 5 --dst-mac "$nobody" >/dev/null
	done
}

# What series and other have of an interface, packets in and out.
flow_sums() {
	local file
	for file in "$work/csv/kt/kidos-$1.flows"/io_packets-*-20*; do
		tail -n 1 "$file"
	done | awk -F, '{ rx += $2; tx += $3 } END { print rx "," tx }'
}

shown() {
	ctl summary --json | jq -r --arg name "$1" '.interfaces[] | select(.interface == $name) |
		"\(.classes.udp.rx.packets),\(.classes.tcp.tx.packets)"'
}

shown_flows() {
	ctl flows --json --limit 100 --interface "$1" |
		jq -rs '[.. | objects | select(has("direction"))] |
			"\([.[] | select(.direction == "rx").packets] | add),\([.[] | select(.direction == "tx").packets] | add)"'
}

# has_flows INTERFACE RX TX: all of them; a hash map has none any more once they are idle.
has_flows() {
	local gone='' got
	[[ $(uname -r) != 5.10.* ]] || gone='|null'
	got=$(shown_flows "$1")
	echo "$got"
	[[ $got =~ ^($2$gone),($3$gone)$ ]]
}

exact() {
	local i wanted
	for i; do
		wanted=$((20 + i)),$((40 + i))
		equal "v$i: counted, from 0" "$((20 + i)),0 0,$((40 + i))" \
			"$(csv_last "v$i/if_packets-udp") $(csv_last "v$i/if_packets-tcp")"
		equal "v$i: its series and other" "$wanted" "$(flow_sums "v$i")"
		equal "v$i: in kidosctl's summary" "$wanted" "$(shown "v$i")"
		check "v$i: its flows" has_flows "v$i" $((20 + i)) $((40 + i))
	done
}

last_row() {
	tail -qn 1 "$work/csv/kt/kidos-v$1"/if_packets-udp-20* | cut -d, -f1
}

# The values of those that went cease, and some intervals pass.
have_left() {
	local row=0
	until [ "$row" = "$(last_row "$1")" ]; do
		row=$(last_row "$1")
		wait_for 20 polled_after $(($(date +%s) + 2)) || return 1
	done
	wait_for 20 polled_after $(($(date +%s) + 3))
}

batch() {
	check "v$1 to v$4 are named" all_named "$@"
	send "$@"
	settle
	exact "$@"
	disappear "$@"
}

make_ns a b
start_collectd b "$(config 4)"
check 'started' wait_for 20 logged 'room for'
appear 1 2 3 4
batch 1 2 3 4
appear 5 6 7 8
check 'without a place: counted as other' wait_for 20 logged 'v8 in this namespace: MaxInterfaces is reached'
batch 5 6 7 8
check 'those that went fall silent' have_left 8
appear 9 10 11 12
batch 9 10 11 12
check 'with places: never counted as other' eval '! logged "v12 in this namespace: MaxInterfaces"'
equal 'kidosctl shows four interfaces and no more' 4 \
	"$(ctl status --json | jq '.interfaces | map(select(.interface != "other")) | length')"
stop_collectd

# A name that comes back after its place went to another begins at 0: collectd must not take that for
# a rate below nothing.
# shellcheck disable=SC2034 # read by write_config
store_rates=true
start_collectd b "$(config 1)"
appear 1
check 'alone: named' all_named 1
send 1
settle
disappear 1
appear 2
check 'another has its place' all_named 2
disappear 2
appear 1
check 'it has its place again' all_named 1
settle
equal 'no rate is below nothing' '' "$(grep -hE ',-[0-9]' -r "$work/csv/kt/kidos-v1" "$work/csv/kt/kidos-v1.flows")"
equal 'and its counts began again' 0,0 "$(shown v1)"
stop_collectd
check 'nothing is left' nothing_left
finish
