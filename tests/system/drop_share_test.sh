#!/bin/bash
# SPDX-License-Identifier: MIT
# The alert drop_share: not of a mirror port, whose every frame is another host's; and of an interface
# that comes when the counts of thousands that are gone have taken the room.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config='<Alerts>
  Window 1
  CoolDown 60
</Alerts>
<Interface "b0">
</Interface>
<Interface "b1">
  Mirror true
</Interface>'

# raised INTERFACE: alerts drop_share of it
raised() {
	ctl alerts --json | jq --arg name "$1" \
		'[.alerts[] | select(.kind == "drop_share" and .instance == $name)] | length'
}

raised_are() {
	[ "$(raised "$1")" = "$2" ] || { ctl alerts --json; return 1; }
}

dropped() {
	ctl drops --json --by interface --limit 0 --interface "$run-b:$1" | jq .selected
}

# Both ports get the same, until the alert of the ordinary one is there.
lossy() {
	local try
	for try in {1..20}; do
		in_ns a "$frames" a0 udp 2000 --dst-mac "$nobody" >/dev/null
		in_ns a "$frames" a1 udp 2000 --dst-mac "$nobody" >/dev/null
		sleep 1
		[ "$(raised b0)" = 0 ] || return 0
	done
	ctl alerts --json
	return 1
}

# --- counts of what is gone ---

# fill COUNT: as many interfaces that are gone have left a drop each, as the programs count it
fill() {
	python3 - "$1" >"$work/batch" <<-'END'
		import struct, sys
		for n in range(int(sys.argv[1])):
		    key = struct.pack("=QIIIBBxx", 0x1234, 2, 4027000000 + n // 2, 1 + n % 2, 1, 0)
		    print("map update pinned %%s key %s value %s noexist" % (
		        " ".join(map(str, key)), " ".join(map(str, struct.pack("=Q", 1)))))
	END
	sed -i "s|%s|$state/drop_counts|" "$work/batch"
	bpftool batch file "$work/batch" >/dev/null 2>&1
	true # the last ones find no room
}

keys() {
	bpftool -j map dump pinned "$state/drop_counts" | jq length
}

keys_at_most() {
	[ "$(keys)" -le "$1" ]
}

total() {
	ctl drops --json --by reason --limit 0 | jq .total
}

of_interface() {
	ctl drops --json --by interface --limit 0 --interface "$1" | jq .selected
}

filled() {
	ctl drops --json --by place --limit 0 --place 0x1234 | jq .selected
}

# A quarter of the room is free again, and no count is missing.
folded() {
	local before after
	fill 16384
	before=$(filled)
	wait_for 20 keys_at_most 12288 || { keys; return 1; }
	settle
	after=$(filled)
	echo "before $before, after $after, of interfaces that are gone $(of_interface gone)"
	[ "$before" -gt 12000 ] && [ "$after" = "$before" ] && [ "$(of_interface gone)" -ge 4000 ]
}

# No value of the series ran backwards.
backwards() {
	awk -F, 'FNR == 1 { last = 0 } /epoch/ { next } $2 + 0 < last { print FILENAME } { last = $2 }' "$work"/csv/kt/kidos-drops*/packets-*
}

# A series per way to divide the total: all sums are what kidosctl counts, once nothing is new.
sums_are_exact() {
	local instance sum least most
	least=$(total)
	settle && settle && settle
	for instance in drops drops.place drops.proto drops.if; do
		sum=$(tail -qn 1 "$work"/csv/kt/kidos-"$instance"/packets-* | awk -F, '{ sum += $2 } END { print sum }')
		most=$(total)
		echo "$instance: $sum, counted $least to $most"
		[ "$sum" -ge "$least" ] && [ "$sum" -le "$most" ] || return 1
	done
}

make_ns a b
make_veth a a0 b b0
make_veth a a1 b b1
start_collectd b "$config"
check 'drops are counted' wait_for 30 grep -q 'drops are counted' "$work/log"
attached b0 && attached b1
settle
check 'an ordinary port: raised' lossy
settle
check 'a mirror port: its drops are counted' test "$(dropped b1)" -ge 2000
check 'a mirror port: none is raised' raised_are b1 0
check 'a full map: what is gone is folded' folded
in_ns a "$frames" a0 udp 3000 --dst-mac "$nobody" >/dev/null
before=$(of_interface "$run-b:b0")
in_ns a "$frames" a0 udp 3000 --dst-mac "$nobody" >/dev/null
equal 'drops have their interface again' 3000 $(($(of_interface "$run-b:b0") - before))
check 'the sums are exact' sums_are_exact
check 'no value runs backwards' test -z "$(backwards)"
stop_collectd
check 'nothing is left' nothing_left
finish
