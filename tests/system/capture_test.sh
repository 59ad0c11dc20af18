#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 5.10
# Captures: a mirror port in a namespace of its own by AF_XDP, live interfaces by copies. Bytes come
# back as they were sent, what was lost is counted, files rotate and stay within their limits, and
# nothing is left when interface, namespace or daemon goes.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

captures=$work/captures
flood=300000 cycles=4
udp=$top/tests/tools/udp-frames.py
random_frames=$(dirname "$0")/support/random_frames.py

config() {
	cat <<-END
		<Interface "m0">
		  Namespace "$run-m"
		  Mirror true
		  Egress false
		</Interface>
		<Interface "b1">
		</Interface>
		<Policy>
		  PermittedFile "$work/permitted.json"
		  Action "drop"
		</Policy>
		<Capture>
		  Interface "m0"
		  Namespace "$run-m"
		  Directory "$captures"
		  RotateBytes 1M
		  Files 2
		</Capture>
	END
}

# packets PATH: of what kidosctl packets has, by jq
packets() {
	ctl packets --json --limit 0 | jq -r "$1"
}

mirror_has_sockets() {
	[ "$(packets '.mirrors[0].sockets')" -gt 0 ]
}

mirror_is_deaf() {
	[ "$(packets '.mirrors[0].sockets')" = 0 ]
}

both_attached() {
	interface_is b1 attached && mirror_has_sockets
}

# capture OPTION...: sets number and file
capture() {
	local words
	words=$(ctl capture start "$@") || return 1
	number=${words#capture } number=${number%%:*} file=$captures/${words#*: }
}

# of_capture NUMBER PATH
of_capture() {
	ctl capture list --json | jq -r --argjson number "$1" ".captures[] | select(.number == \$number) | $2"
}

is_done() {
	[ "$(of_capture "$1" .state)" = 'done' ]
}

is_running() {
	[ "$(ctl capture list --json | jq -r '.captures | max_by(.number).state')" = running ]
}

end_capture() {
	ctl capture stop "$number" >/dev/null
	wait_for 5 is_done "$number"
}

# holds FILE: it can be read, and its ledger is true
holds() {
	capinfos -c "$1" >/dev/null && ctl evidence verify "$1"
}

# has_frames FILE COUNT SEED SNAP
has_frames() {
	tcpdump -r "$1" -w "$work/classic" 2>/dev/null && "$random_frames" check "$work/classic" "${@:2}"
}

bit_exact() {
	capture --interface "$run-m:m0" --snap 1600
	in_ns a "$random_frames" send a0 300 7
	wait_for 5 mirror_received 300
	end_capture
	check 'mirror: every bit of 300 frames' has_frames "$file" 300 7 1600
	check 'mirror: capinfos reads it, its ledger holds' holds "$file"
	equal 'mirror: interface and namespace are named' "m0 network namespace $run-m" \
		"$(tshark -r "$file" -c 1 -T fields -e frame.interface_name -e frame.interface_description 2>/dev/null | tr '\t' ' ')"
	capture --interface b1 --snap 100
	sleep 0.3
	in_ns a "$random_frames" send a1 300 8
	in_ns b "$random_frames" send b1 200 9
	sleep 0.3
	end_capture
	tshark -r "$file" -Y 'frame.packet_flags_direction == 1' -w "$work/received" 2>/dev/null
	check 'live: every bit of 300 frames, cut at 100 bytes' has_frames "$work/received" 300 8 100
	tshark -r "$file" -Y 'frame.packet_flags_direction == 2' -w "$work/sent" 2>/dev/null
	check 'live: and of 200 that were sent' has_frames "$work/sent" 200 9 100
	check 'live: its ledger holds' holds "$file"
	equal 'live: the interface had as many by its totals' '500 500 500' \
		"$(ctl evidence verify --json "$file" | jq -r '"\(.matched) \(.counted_least) \(.counted_most)"')"
}

mirror_received() {
	[ "$(packets '.mirrors[0].received')" -ge "$1" ]
}

by_filter() {
	capture --interface b1 --packets 10
	in_ns a "$random_frames" send a1 100 1
	wait_for 5 is_done "$number"
	equal 'filter: it ends by its limit' 10 "$(of_capture "$number" .of_these.packets)"
	capture --interface b1 --host 10.0.0.2 --proto udp --port 4739
	in_ns a "$random_frames" send a1 100 1
	sleep 0.3
	end_capture
	equal 'filter: the programs take a host alone' 25 "$(of_capture "$number" .matched)"
	check 'filter: its ledger holds' holds "$file"
	cp "$file" "$work/changed.pcapng"
	printf '\x0a\x00\x00\x09' | dd of="$work/changed.pcapng" bs=1 seek=$(($(head_size "$file") + 28 + 26)) conv=notrunc 2>/dev/null
	equal 'filter: a packet that was changed is found' 1 "$(ctl evidence verify "$work/changed.pcapng" | grep -c '1 packets are none that its filter takes')"
	head -c $(($(stat -c %s "$file") / 2)) "$file" >"$work/cut.pcapng"
	check 'filter: and a file that was cut' damaged "$work/cut.pcapng"
	(
		wait_for 5 is_running
		in_ns a "$random_frames" send a1 100 1
	) &
	equal 'filter: an expression, into a pipe' 25 \
		"$(ctl capture start --interface b1 --filter 'src 10.0.0.3 and udp' --packets 25 -w - 2>/dev/null | tshark -r - 2>/dev/null | wc -l)"
	wait $!
	check 'filter: names are not resolved' refused 'names are not resolved' --filter 'host localhost'
	check 'filter: an interface that is not there' refused 'no interface' --interface b7
}

# Bytes ahead of the first packet: section and one interface.
head_size() {
	local section interface
	section=$(od -An -tu4 -j4 -N4 "$1")
	interface=$(od -An -tu4 -j$((section + 4)) -N4 "$1")
	echo $((section + interface))
}

damaged() {
	! ctl evidence verify "$1"
}

# refused TEXT OPTION...
refused() {
	local text=$1
	shift
	! ctl capture start "$@" >"$work/refusal" 2>&1 && grep -q "$text" "$work/refusal"
}

# dropped INTERFACE
dropped() {
	ctl policy show --json | jq --arg name "$1" '.interfaces[] | select(.interface == $name) | .dropped'
}

has_dropped() {
	[ "$(dropped "$1")" = "$2" ]
}

# What a policy drops is copied before, and goes to no socket.
policed() {
	local received
	received=$(packets '.mirrors[0].received')
	capture --interface b1 --host 172.16.0.9
	in_ns a python3 "$udp" a0 "$nobody" 20 --src 172.16.0.9 --dst 198.19.0.1 >/dev/null
	in_ns a python3 "$udp" a0 "$nobody" 10 --src 10.0.0.9 --dst 198.19.0.1 >/dev/null
	in_ns a python3 "$udp" a1 "$nobody" 30 --src 172.16.0.9 --dst 198.19.0.1 >/dev/null
	check 'policy: at a mirror port' wait_for 5 has_dropped "$run-m:m0" 20
	check 'policy: and at a live interface' wait_for 5 has_dropped b1 30
	wait_for 5 mirror_received $((received + 10))
	equal 'policy: no socket gets what was dropped' $((received + 10)) "$(packets '.mirrors[0].received')"
	check 'policy: nor is anything missing' mirror_balances
	end_capture
	equal 'policy: copies are of what was dropped, too' 30 "$(of_capture "$number" .of_these.packets)"
}

# Everything that the program saw: received, lost or passed.
mirror_balances() {
	packets '.mirrors[0] | "seen \(.seen) = \(.received) + \(.lost_rx_dropped) + \(.lost_rx_ring_full) + \(.passed)",
		.seen == .received + .lost_rx_dropped + .lost_rx_ring_full + .passed' | grep -B1 true
}

dropped_by_peer() {
	ip -n "$run-a" -s -j link show a0 | jq '.[0].stats64.tx.dropped'
}

flood() {
	local before seen dropped
	before=$(packets '.mirrors[0].seen')
	dropped=$(dropped_by_peer)
	capture --interface "$run-m:m0" --snap 64 --bytes 100000000
	in_ns a "$frames" a0 udp "$flood" --dst-mac "$nobody" >/dev/null
	wait_for 5 mirror_balances
	check 'flood: seen = received + lost by cause + passed' mirror_balances
	seen=$(packets '.mirrors[0].seen')
	equal 'flood: sent = seen + what the sending end dropped' "$flood" \
		$((seen - before + $(dropped_by_peer) - dropped))
	end_capture
	equal 'flood: what no socket had is told' $((seen - before)) \
		"$(of_capture "$number" '.matched + .unseen')"
	equal 'flood: what was received was written or counted' true \
		"$(of_capture "$number" '.matched == ([.of_these[]] | add)')"
	equal 'rotation: two files are kept' 2 "$(find "$captures" -name "kidos-*-$number-*" | wc -l)"
	equal 'rotation: none larger than its limit' '' "$(find "$captures" -size +1024k)"
	settle
	equal 'values: received, lost and passed are what was seen' "$(packets '.mirrors[0].seen')" \
		"$(($(csv_last "capture.$run-m:m0/packets-received") + $(csv_last "capture.$run-m:m0/packets-lost_rx_dropped") + $(csv_last "capture.$run-m:m0/packets-lost_rx_ring_full") + $(csv_last "capture.$run-m:m0/packets-passed")))"
	equal 'values: classes add up to what was received' "$(csv_last "capture.$run-m:m0/packets-received")" \
		"$(classes_sum)"
	check 'pairs: the most come first, clear begins anew' pairs_clear
}

classes_sum() {
	local file line sum=0
	for file in "$work/csv/kt/kidos-capture.$run-m:m0.proto"/packets-*; do
		newest "$file"
		sum=$((sum + ${line#*,}))
	done
	echo "$sum"
}

pairs_clear() {
	[ "$(packets '.pairs[0].dst')" = 198.19.0.1 ] || return 1
	ctl packets clear && [ "$(packets '.pairs | length')" = 0 ]
}

# The device goes while it is captured, and comes again with the same name.
device_goes() {
	capture --interface "$run-m:m0"
	ip -n "$run-m" link delete m0
	check 'device: its sockets go with it' wait_for 5 mirror_is_deaf
	make_veth a a0 m m0
	check 'device: and come back with it' wait_for 10 mirror_has_sockets
	in_ns a "$frames" a0 udp 100 --dst-mac "$nobody" >/dev/null
	check 'device: still nothing is missing' wait_for 5 mirror_balances
	end_capture
	check 'device: the capture has its end' holds "$file"
}

namespace_is_gone() {
	! ip -n "$run-a" link show a0
}

namespace_goes() {
	delete_ns m
	check 'namespace: no socket keeps it' wait_for 3 namespace_is_gone
	check 'namespace: kidos goes on' wait_for 5 mirror_is_deaf
}

count_descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 | wc -l
}

cycles() {
	local before i
	capture --interface b1 && end_capture
	before=$(count_descriptors)
	for ((i = 0; i < cycles; i++)); do
		capture --interface b1 --seconds 0 && end_capture || echo "cycle $i" >>"$work/failed"
	done
	equal 'cycles: all ended' '' "$(cat "$work/failed" 2>/dev/null)"
	equal 'cycles: no descriptor is left' "$before" "$(count_descriptors)"
	for i in 1 2 3 4; do capture --interface b1; done
	check 'cycles: no more than Captures at once' refused 'captures run already' --interface b1
}

planted() {
	ln -s "$captures" "$work/link"
	start_collectd b "<Interface \"b1\">
	</Interface>
	<Capture>
	  Directory \"$work/link\"
	</Capture>"
	attached b1
	equal 'folder: no link is followed' failed "$(status_text --json | jq -r .collectors.capture.state)"
	stop_collectd
}

# has_lost PACKETS: for want of room, at least
has_lost() {
	[ "$(of_capture "$number" .of_these.lost_full_disk)" -ge "$1" ]
}

# A file system that is full, and then is not.
full_disk() {
	local lost
	mkdir "$work/small"
	mount -t tmpfs -o size=1m,mode=755 kidos "$work/small" || return
	start_collectd b "<Interface \"b1\">
	</Interface>
	<Capture>
	  Directory \"$work/small\"
	</Capture>"
	attached b1
	wait_for 5 capture --interface b1
	file=$work/small/${file##*/}
	in_ns a "$random_frames" send a1 1500 3
	wait_for 5 has_lost 1
	lost=$(of_capture "$number" .of_these.lost_full_disk)
	head -c 600k /dev/zero >"$work/small/other" 2>/dev/null
	in_ns a "$random_frames" send a1 300 4
	wait_for 5 has_lost $((lost + 1))
	rm "$work/small/other"
	ctl capture stop "$number" >/dev/null
	wait_for 5 is_done "$number"
	equal 'full disk: what was not written is counted' true \
		"$(of_capture "$number" '.of_these.lost_full_disk > 0 and .matched == ([.of_these[]] | add)')"
	check 'full disk: the file is whole all the same' capinfos -c "$file"
	stop_collectd
	umount "$work/small"
}

trap 'status=$?; umount "$work/small" 2>/dev/null; (exit $status); leave' EXIT
make_world "a b m" "a a0 m m0" "a a1 b b1"
echo '{ "permitted_cidrs": ["10.0.0.0/8", "198.18.0.0/15"] }' >"$work/permitted.json"
start_collectd b "$(config)"
check 'attached' wait_for 20 both_attached
bit_exact
# An emulated CPU would take minutes, and other kernels show nothing else in the rest.
if [ "${KIDOS_SLOW:-1}" = 1 ]; then
	by_filter
	policed
	flood
	device_goes
	cycles
	namespace_goes
fi
stop_collectd
check 'stop: in two seconds' test "$stopped_ms" -lt $((2000 * ${KIDOS_SLOW:-1}))
equal 'stop: captures that ran have their end' '' "$(for file in "$captures"/*-1.pcapng; do holds "$file" >/dev/null || echo "$file"; done)"
check 'stop: nothing is left' nothing_left
if [ "${KIDOS_SLOW:-1}" = 1 ]; then
	planted
	full_disk
	check 'end: nothing is left' nothing_left
fi
finish
