#!/bin/bash
# SPDX-License-Identifier: MIT
# The alert drop_share: not of a mirror port, whose every frame is another host's.
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
stop_collectd
check 'nothing is left' nothing_left
finish
