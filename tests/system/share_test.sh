#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 7.2
# XdpShare: kidos and somebody else's program in libxdp's dispatcher, whoever comes first. Both
# count, theirs survives our exit, ours goes at a stop and is taken back after kill -9. A kernel
# that replaces no functions has kidos alone there, and status says so.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config='<Interface "b0">
	XdpMode "native"
	XdpShare true
	Egress false
</Interface>'

their_frames() {
	bpftool -j map lookup id "$their_map" key 0 0 0 0 | jq .formatted.value
}

load_theirs() {
	local id
	in_ns b xdp-loader load -m native b0 "$build/bpf/other_xdp.bpf.o" || return 1
	id=$(in_ns b xdp-loader status b0 | sed -n 's/.*other_xdp *\([0-9]*\) .*/\1/p')
	their_map=$(bpftool -j prog show id "$id" | jq '.map_ids[0]')
}

status_reason() {
	status_text --json | jq -r '.interfaces[] | select(.interface == "b0") | .reason'
}

reason_has() {
	status_reason | grep -F "$1"
}

# how many programs of this name the hook of b0 has
at_hook() {
	in_ns b xdp-loader status b0 2>&1 | grep -c "[ ]$1 "
}

# both_count: 100 frames more, and kidos and the other count each
both_count() {
	local was
	was=$(their_frames)
	sends_counted b0 || return 1
	echo "the other: before $was, now $(their_frames)"
	[ $(($(their_frames) - was)) = 100 ]
}

they_count() {
	local was
	was=$(their_frames)
	in_ns a "$frames" a0 udp 100 --dst-mac "$nobody"
	wait_for 2 they_have $((was + 100)) || { echo "before $was, now $(their_frames)"; return 1; }
}

they_have() {
	[ "$(their_frames)" = "$1" ]
}

# Folders of dispatchers that pin a program of ours.
our_pins() {
	local pin
	for pin in /sys/fs/bpf/xdp/dispatch-*/*-prog; do
		[ ! -e "$pin" ] || ! bpftool prog show pinned "$pin" | grep 'name kidos_xdp' || echo "$pin"
	done
}

no_pins_of_ours() {
	local found
	found=$(our_pins)
	[ -z "$found" ] || { echo "$found"; return 1; }
}

alone() {
	check 'alone: counted' sends_counted b0
	stop_collectd
	equal 'alone: nothing of ours is at the hook' 0 "$(at_hook kidos_xdp)"
	start_collectd b "$config"
	check 'alone: attached again' attached b0
	kill_collectd
	start_collectd b "$config"
	check 'alone: taken back after kill -9' attached b0
	check 'alone: counted after it' sends_counted b0
	stop_collectd
	check 'alone: nothing is left' nothing_left
}

joined() {
	check 'kidos first: theirs joins' load_theirs
	check 'kidos first: both count' both_count
	stop_collectd
	check 'kidos first: nothing of ours is left' nothing_left
	check 'kidos first: no pin of ours is left' no_pins_of_ours
	check 'kidos first: theirs goes on' they_count
	start_collectd b "$config"
	check 'theirs first: kidos joins' attached b0
	check 'theirs first: status says with how many' reason_has 'programs there: 2'
	check 'theirs first: both count' both_count
	kill_collectd
	equal 'killed: ours is still there' 1 "$(at_hook kidos_xdp)"
	check 'killed: theirs goes on' they_count
	start_collectd b "$config"
	check 'killed: started again' attached b0
	equal 'killed: taken back, ours is there once' 1 "$(at_hook kidos_xdp)"
	check 'killed: both count' both_count
	ip -n "$run-a" link delete a0
	check 'a deleted interface leaves no pin of ours' wait_for 10 no_pins_of_ours
	stop_collectd
	check 'nothing is left' nothing_left
}

make_ns a b
make_veth a a0 b b0
start_collectd b "$config"
if attached b0; then
	ok 'attached'
	check 'at the shared rung' logged 'received packets at xdp-shared'
	if reason_has 'alone, since'; then
		alone
		skip 'kidos first: theirs joins' 'this kernel replaces no functions'
	else
		joined
	fi
else
	not_ok 'attached' "$(cat "$work/log" "$work/out")"
fi
# Pins in a dispatcher's folder whose interface has gone are xdp-loader's to clean.
in_ns b xdp-loader unload --all b0 >/dev/null 2>&1
finish
