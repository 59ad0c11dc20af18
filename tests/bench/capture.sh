#!/bin/bash
# SPDX-License-Identifier: MIT
# What a captured packet costs, and how many are: kidos (AF_XDP on a mirror port; copies of a live
# interface) beside tcpdump and dumpcap, the same frames into a pcapng or pcap file on tmpfs. Cost is
# CPU of sender, softirq and process together, less the bare sender's. Each number is the median of
# the rounds. kidos is to cost at most 0.6 of tcpdump: else this fails. What it counts is no part of
# that on a live interface: it is compared with itself without a capture.
#   capture.sh [--build DIR] [--frames N] [--rounds N] [--snap BYTES]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

frames=2000000 rounds=3 snap=128
take_options 'build frames rounds snap' "$@"
work=$(mktemp -d /dev/shm/kt-bench-XXXXXX)
state=/sys/fs/bpf/kt-bench-$$ interval=1
pins=$state-pins

cleanup() {
	stop_daemon
	delete_veth
	rm -rf "$work" "$pins" "$state"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Real-time, where that is allowed: what else the machine does comes after it.
first=()
! chrt -f 1 true 2>/dev/null || first=(chrt -f 1)

# --- subjects: NAME_start FILE, NAME_stop; the daemon is who takes part ---

bare_start() { :; }
bare_stop() { :; }

# The cheapest that a port with XDP can do.
drop_start() {
	mkdir -p "$pins"
	bpftool prog load "$build/bpf/drop_xdp.bpf.o" "$pins/drop" type xdp
	in_rx bpftool net attach xdpdrv pinned "$pins/drop" dev vrx
}
drop_stop() {
	in_rx bpftool net detach xdpdrv dev vrx
	rm -r "$pins"
}

kidos_start() {
	local mirror=false interface='' try
	[ "$1" != port ] || mirror=true interface='Interface "vrx"'
	rm -f "$work/log"
	write_config "<Interface \"vrx\">;Mirror $mirror;Virtual true;Egress false;</Interface>;
		<Drops>;Enabled false;</Drops>;
		<Capture>;Enabled true;$interface;Directory \"$work/captures\";SnapLen $snap;
		EvidenceSnapLen $snap;RotateBytes 10G;MaxBytes 10G;</Capture>"
	start_daemon "${first[@]}" collectd -f -C "$work/collectd.conf"
	for try in {1..100}; do
		! "$build/plugin/kidosctl" --state "$state" packets --json 2>/dev/null | jq -e "$2" >/dev/null || return 0
		sleep 0.1
	done
	cat "$work/log" >&2
	return 1
}

port_start() {
	kidos_start port '.mirrors[0].sockets > 0'
	"$build/plugin/kidosctl" --state "$state" capture start --interface vrx >/dev/null
}
port_stop() {
	sleep 0.5
	"$build/plugin/kidosctl" --state "$state" capture stop 1 >/dev/null || true
	sleep 0.5
	stop_daemon
	cp "$work"/captures/*.pcapng "$work/file" 2>/dev/null || true
	rm -rf "$work/captures"
}

idle_start() {
	kidos_start live '.time'
	sleep 1
}
idle_stop() { stop_daemon; }

copies_start() {
	idle_start
	"$build/plugin/kidosctl" --state "$state" capture start --interface vrx >/dev/null
}
copies_stop() { port_stop; }

tcpdump_start() {
	start_daemon "${first[@]}" tcpdump -Z root -n -i vrx -s "$snap" -w "$work/file"
	sleep 1
}
tcpdump_stop() {
	sleep 0.5
	stop_daemon
}

dumpcap_start() {
	start_daemon "${first[@]}" dumpcap -q -i vrx -s "$snap" -w "$work/file"
	sleep 1
}
dumpcap_stop() { tcpdump_stop; }

# CPU of the daemon's threads so far, in ns.
daemon_ns() {
	[ -n "$daemon" ] || { echo 0; return; }
	cat /proc/"$daemon"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# once NAME SIZE: ns of sender and softirq a frame, ns of the process, captured share in percent
once() {
	local line before ns captured=0
	rm -f "$work/file"
	"$1_start"
	before=$(daemon_ns)
	line=$(in_tx "${first[@]}" "$build/tests/tools/xdp-generator" vtx "$frames" --flows 1000 --size "$2")
	sleep 0.3
	ns=$(($(daemon_ns) - before))
	"$1_stop" >/dev/null
	[ ! -s "$work/file" ] || captured=$(capinfos -Tr -c "$work/file" | cut -f2)
	[[ $line =~ ([0-9]+)\ ns ]]
	echo "${BASH_REMATCH[1]} $((ns / frames)) $(awk "BEGIN { print 100 * $captured / $frames }")"
}

# measure NAME SIZE: into rows; sets total
measure() {
	local round
	: >"$work/rounds"
	for ((round = 0; round < rounds; round++)); do
		once "$1" "$2" >>"$work/rounds"
	done
	sender=$(cut -d' ' -f1 "$work/rounds" | median)
	process=$(cut -d' ' -f2 "$work/rounds" | median)
	share=$(cut -d' ' -f3 "$work/rounds" | median)
	total=$((sender + process))
}

# group TITLE SIZE BARE NAME...: the first named is kidos, which may cost 0.6 of the second
group() {
	local title=$1 size=$2 base name cost kidos='' ratio own
	measure "$3" "$size"
	base=$total own=$total
	if [ "$4" = copies ]; then
		measure idle "$size"
		own=$total
	fi
	printf '\n%s, %s bytes, snap %s: bare %s ns, kidos without a capture %s ns\n' "$title" "$size" "$snap" "$base" "$own"
	printf '%-10s %12s %10s %10s %10s\n' subject 'softirq ns' 'process ns' 'cost ns' 'captured %'
	for name in "${@:4}"; do
		measure "$name" "$size"
		cost=$((total - base))
		[ "$name" != copies ] || cost=$((total - own))
		printf '%-10s %12s %10s %10s %10.2f\n' "$name" "$sender" "$process" "$cost" "$share"
		if [ -z "$kidos" ]; then
			kidos=$cost
		elif [ "$name" = tcpdump ]; then
			ratio=$(awk "BEGIN { printf \"%.2f\", $kidos / $cost }")
			echo "bar: $ratio of tcpdump, at most 0.60: $(awk "BEGIN { print $ratio <= 0.6 ? \"pass\" : \"MISS\" }")"
			awk "BEGIN { exit !($ratio <= 0.6) }" || missed=yes
		fi
	done
}

missed=''
make_veth 1
group 'a mirror port, AF_XDP' 60 drop port tcpdump dumpcap
group 'a live interface, copies' 60 bare copies tcpdump dumpcap
group 'a live interface, copies' 1500 bare copies tcpdump
[ -z "$missed" ]
