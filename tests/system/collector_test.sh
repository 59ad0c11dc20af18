#!/bin/bash
# SPDX-License-Identifier: MIT
# kidosctl collector: flows, drops and connects are switched off and on while collectd runs, counts stay and go
# on, and who asks without anybody to answer is told so. Collectors that the configuration leaves out.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

# exits STATUS WORDS ARGUMENTS...
exits() {
	local status=$1 words=$2 said
	shift 2
	said=$(ctl "$@" 2>&1)
	set -- "$status" $? "$said" "$words"
	echo "status $2: $3"
	[ "$1" = "$2" ] && [[ $3 == *"$4"* ]]
}

collector_is() {
	[ "$(ctl status --json | jq -r ".collectors.$1.state")" = "$2" ]
}

# No program of ours on the interface, at tc or XDP.
no_programs() {
	local found
	found=$(in_ns b bpftool net show dev b0 2>/dev/null | grep kidos)
	echo "$found"
	[ -z "$found" ]
}

udp_packets() {
	settle
	csv_last b0/if_packets-udp | cut -d, -f1
}

send() {
	in_ns a "$frames" a0 udp "$1" --dst-mac $nobody
}

# Drops on b0 so far, whatever their reason and place: other tests drop packets elsewhere.
drops_on_b0() {
	local netns ifindex
	netns=$(stat -Lc %i "/run/netns/$run-b")
	ifindex=$(ip -n "$run-b" -j link show b0 | jq '.[0].ifindex')
	bpftool -j map dump pinned "$state/drop_counts" | jq "[.[].formatted |
		select(.key.netns == $netns and .key.ifindex == $ifindex) | .value] | add // 0"
}

# monotone PATTERN: every such series, in the files that collectd wrote
monotone() {
	settle
	# shellcheck disable=SC2086 # a pattern
	! (cd "$work/csv/kt" && awk -F, 'FNR > 2 && $2 < last { print FILENAME ": " $2 " after " last; bad = 1 }
		{ last = $2 } END { exit !bad }' $1)
}

# A connect that is refused, by a command that nobody else is.
refused() {
	in_ns a "$top/tests/tools/connects.py" kt-refused refused 1 127.0.0.1 9
}

# Attempts of it that were refused.
refusals() {
	ctl top --json --limit 0 | jq '[.top[] | select(.command == "kt-refused") | .failed] | add // 0'
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-a" link set lo up
check 'without a state nobody is asked' exits 3 'no daemon' collector flows off
start_collectd b '<Interface "b0">
</Interface>'
attached b0
check 'an unknown name: the list' exits 2 'there are eventlog flows drops connects policy capture alerts' collector streams off
check 'neither on nor off' exits 2 'neither on nor off' collector flows maybe
check 'a word is missing' exits 2 'takes NAME on|off' collector flows
check 'what is not configured is not switched' exits 1 'alerts cannot be switched on' collector alerts on
check 'on at first' collector_is flows on
send 10
equal 'counted while on' 10 "$(udp_packets)"
check 'off is answered' exits 0 'flows is off' collector flows off
check 'off again is no error' exits 0 'flows is off' collector flows off
check 'status says off' collector_is flows off
check 'the interface waits' interface_is b0 waiting
check 'no program is left on the interface' no_programs
send 10
equal 'counts stay while off' 10 "$(udp_packets)"
check 'on is answered' exits 0 'flows is on' collector flows on
check 'the interface is attached again' interface_is b0 attached
send 10
equal 'counts go on' 20 "$(udp_packets)"
equal 'nothing unaccounted' '0.000000' "$(csv_last b0/gauge-unaccounted_rx)"
if collector_is drops on; then
	was=$(drops_on_b0)
	check 'drops off is answered' exits 0 'drops is off' collector drops off
	check 'drops: status says off' collector_is drops off
	send 10
	equal 'drops: counts stay while off' "$was" "$(drops_on_b0)"
	check 'drops on is answered' exits 0 'drops is on' collector drops on
	send 10
	equal 'drops: counts go on' $((was + 10)) "$(drops_on_b0)"
	check 'drops: no value ran backwards' monotone 'kidos-drops*/packets-*'
else
	skip 'drops are switched off and on' 'this kernel shows no drops to kidos'
fi
if collector_is connects on; then
	refused
	was=$(refusals)
	check 'connects off is answered' exits 0 'connects is off' collector connects off
	check 'connects: status says off' collector_is connects off
	refused
	equal 'connects: counts stay while off' "$was" "$(refusals)"
	check 'connects on is answered' exits 0 'connects is on' collector connects on
	refused
	equal 'connects: counts go on' $((was + 1)) "$(refusals)"
	check 'connects: no value ran backwards' monotone 'kidos-connects*/total_connections-*'
else
	skip 'connects are switched off and on' 'this kernel shows no connections to kidos'
fi
ctl collector flows off >/dev/null
kill_collectd
check 'nobody answers for a process that is gone' exits 3 'nobody answers: process' collector flows on
start_collectd b '<Interface "b0">
</Interface>'
check 'a new process knows nothing of old requests' attached b0
check 'all is on again' collector_is flows on
stop_collectd
start_collectd b '<Interface "b0">
</Interface>
<Flows>
  Enabled false
</Flows>'
check 'flows not enabled: said' wait_for 20 logged 'packets and flows are not counted'
settle
check 'flows not enabled: absent' collector_is flows absent
check 'flows not enabled: not switched' exits 1 'flows cannot be switched on' collector flows on
check 'flows not enabled: no program' no_programs
equal 'flows not enabled: no value of the interface' '' "$(find "$work/csv" -name 'kidos-b0*')"
if collector_is drops on; then
	was=$(drops_on_b0)
	send 10
	equal 'flows not enabled: drops are counted' $((was + 10)) "$(drops_on_b0)"
	check 'flows not enabled: drops are told' test -n "$(find "$work/csv" -path '*kidos-drops/packets-*')"
else
	skip 'flows not enabled: drops are counted' 'this kernel shows no drops to kidos'
fi
stop_collectd
start_collectd b '<Flows>
  Enabled false
</Flows>
<Drops>
  Enabled false
</Drops>
<Connects>
  Enabled false
</Connects>'
check 'nothing enabled: said, and collectd goes on' wait_for 20 logged 'nothing to do'
check 'nothing enabled: no state' test ! -e "$state"
stop_collectd
check 'nothing is left' nothing_left
finish
