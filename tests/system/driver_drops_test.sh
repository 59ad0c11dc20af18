#!/bin/bash
# SPDX-License-Identifier: MIT
# What another's XDP program drops is counted once: frames of native XDP by the driver's own
# statistics, as place driver; skbs, which a veth runs it on as well, and generic XDP by the probe.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

drop_pin=/sys/fs/bpf/$run-drop
bounce_pin=/sys/fs/bpf/$run-bounce
interface=$run-b:b0
mac=02:00:00:00:00:99 # no host has it

ctl() {
	"$kidosctl" --state "$state" "$@"
}

# of b0: all drops, or those that OPTIONS select
dropped() {
	ctl drops --json --by place --limit 0 --interface "$interface" "$@" | jq .selected
}

dropped_is() {
	local wanted=$1
	shift
	[ "$(dropped "$@")" = "$wanted" ]
}

# Not settle: what native XDP drops is in the interface's own counters, and no program of ours
# behind it sees it.
polled() {
	wait_for 20 polled_after $(($(date +%s) + 1))
}

# gains NAME DRIVER ALL COMMAND...: so many drops more of place driver, and in all
gains() {
	local name=$1 driver=$2 all=$3 drivers alls
	shift 3
	drivers=$(dropped --place driver)
	alls=$(dropped)
	if ! "$@" >"$work/said" 2>&1; then
		not_ok "$name" "$(cat "$work/said")"
		return
	fi
	wait_for 10 dropped_is $((alls + all))
	polled
	equal "$name: by the driver" "$driver" $(($(dropped --place driver) - drivers))
	equal "$name: in all" "$all" $(($(dropped) - alls))
}

hook() {
	in_ns "$1" ip link set dev "$2" "$3" pinned "$4"
}

# b0 sends to a0, whose program sends it back: b0 gets frames that no skb was made of.
frames_dropped() {
	in_ns b "$frames" b0 udp "$1" --dst-mac "$mac"
}

packets_dropped() {
	in_ns a "$frames" a0 udp "$1" --dst-mac "$mac"
}

both_dropped() {
	packets_dropped "$1" && frames_dropped "$2"
}

generic_dropped() {
	hook b b0 xdpgeneric "$drop_pin" && packets_dropped 20
	local status=$?
	in_ns b ip link set dev b0 xdpgeneric off
	return "$status"
}

value() {
	csv_last "$1" | cut -d. -f1
}

# The sum of the newest values of an instance.
sum_of() {
	tail -qn 1 "$work/csv/kt/kidos-$1"/packets-* | awk -F, '{ sum += $2 } END { print sum }'
}

# By reason, by place, by protocol and by interface: as values, and as kidosctl has them.
one_sum() {
	local by
	{
		echo "$(sum_of drops) $(sum_of drops.place)"
		echo "$(sum_of drops) $(sum_of drops.proto)"
		echo "$(sum_of drops) $(sum_of drops.if)"
		for by in reason place proto interface; do
			ctl drops --json --by "$by" --limit 0 | jq -r '"\(.total) \([.groups[].packets] | add)"'
		done
	} | tee "$work/sums"
	awk '$1 != $2 { wrong = 1 } END { exit wrong || NR != 7 }' "$work/sums"
}

bpftool prog load "$build/bpf/drop_xdp.bpf.o" "$drop_pin"
bpftool prog load "$build/bpf/bounce_xdp.bpf.o" "$bounce_pin"
make_ns a b
make_veth a a0 b b0
start_collectd b '<Interface "b0">
</Interface>'
wait_for 30 grep -q 'drops are counted' "$work/log" && attached b0
polled
hook a a0 xdpdrv "$bounce_pin"
hook b b0 xdpdrv "$drop_pin"

gains 'native XDP, frames' 300 300 frames_dropped 300
gains 'native XDP, skbs' 0 200 packets_dropped 200
gains 'native XDP, both' 500 1200 both_dropped 700 500
equal 'by reason' 800 "$(dropped --reason driver_xdp_drop)"
equal 'as a value' 800 "$(value drops.place/packets-driver)"
equal 'as a value, by reason' 800 "$(value drops/packets-driver_xdp_drop)"
check 'every partition has the same sum' one_sum
check 'summary tells of it' grep -q 'driver_xdp_drop 800' <(ctl summary)
ctl collector drops off >/dev/null
frames_dropped 50 >/dev/null
ctl collector drops on >/dev/null
polled
gains 'not what was dropped while drops were off' 300 300 frames_dropped 300
in_ns b ip link set dev b0 xdpdrv off
in_ns a ip link set dev a0 xdpdrv off
gains 'without a program, for the wrong host' 0 20 packets_dropped 20
gains 'generic XDP' 0 20 generic_dropped
equal 'the log tells of no trouble' '' "$(grep -E 'ethtool|what .* lost' "$work/log")"
stop_collectd
check 'nothing is left' nothing_left
rm -f "$drop_pin" "$bounce_pin"
finish
