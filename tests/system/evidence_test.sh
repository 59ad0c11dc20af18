#!/bin/bash
# SPDX-License-Identifier: MIT
# An alert starts a capture of what it is about: the file's path is in the notification that an exec
# script gets, and the file can be opened by then; how many packets are in it is in the OKAY. Alerts
# about the same share a capture, a storm opens a bounded number, a ledger proves the file.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

captures=$work/captures

# start COOLDOWN PACKETS
start() {
	start_collectd b "<Interface \"/^b/\">
		  Virtual true
		</Interface>
		<Alerts>
		  CoolDown $1
		</Alerts>
		<Capture>
		  Directory \"$captures\"
		  On \"drop_share\"
		  On \"port_scan\"
		  Captures 2
		  Packets $2
		</Capture>
		</Plugin>
		Include \"$work/receivers.conf\"
		<Plugin kidos>"
}

# Packets for nobody are dropped, packets for the interface's own address too, by its stack.
storm() {
	local link
	for link in "$@"; do
		in_ns a "$frames" "${link/b/a}" udp 3000 --dst-mac "$nobody" >/dev/null
	done
}

# Until the alert is there: the first drops may come before drops are counted.
alert_at() {
	local try
	for try in {1..20}; do
		storm "$1"
		sleep 1
		! any_told '^Severity: WARNING' '^Type: drop_share' "^PluginInstance: $1\$" || return 0
	done
	grep -h . "$got"/* "$work/log"
	return 1
}

all_attached() {
	[ "$(ctl status --json | jq '[.interfaces[] | select(.state == "attached")] | length')" = 4 ]
}

captures_known() {
	ctl capture list --json | jq '.captures | length'
}

one_alert() {
	check 'alert: it comes' alert_at b0
	notice=$(told '^Severity: WARNING' '^PluginInstance: b0$' | head -n 1)
	file=$(header "$notice" capture)
	check 'alert: its file can be read at once' head_of "$file"
	equal 'alert: its path is in the message' "$file" "$(grep -o 'capture=[^ ]*' "$notice" | head -n 1 | cut -d= -f2)"
	storm b0
	check 'alert: it ends' wait_for 20 any_told '^Severity: OKAY' '^PluginInstance: b0$'
	notice=$(told '^Severity: OKAY' '^PluginInstance: b0$' | head -n 1)
	equal 'alert: the same file at the end' "$file" "$(header "$notice" capture)"
	equal 'alert: and how many packets are in it' \
		"$(capinfos -Tr -c "$file" | cut -f2)" "$(header "$notice" captured)"
	check 'alert: there are some' test "$(header "$notice" captured)" -gt 0
	check 'alert: no more than Packets' test "$(header "$notice" captured)" -le 100
	check 'alert: the ledger holds' ctl evidence verify "$file"
	equal 'alert: the first packet names it' 1 \
		"$(tshark -r "$file" -c 1 -T fields -e frame.comment 2>/dev/null | grep -c "alert_id=$(header "$notice" alert_id) kind=drop_share")"
}

# A scan is of one source; no two of its packets need have the same port.
scanned() {
	local round file
	ip -n "$run-a" address add 10.1.0.1/24 dev a0
	ip -n "$run-b" address add 10.1.0.2/24 dev b0
	for round in {1..8}; do
		in_ns a python3 "$top/tests/tools/tries.py" ports 10.1.0.2 $((7000 + 40 * round)) 40
		sleep 0.5
	done
	check 'scan: an alert with a capture' wait_for 10 any_told '^Type: port_scan' '^PluginInstance: b0$' '^capture: /'
	file=$(header "$(told '^Type: port_scan' '^PluginInstance: b0$' | head -n 1)" capture)
	check 'scan: the ledger holds' wait_for 40 ctl evidence verify "$file"
	check 'scan: packets to many ports are in it' test \
		"$(tshark -r "$file" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' -T fields -e tcp.dstport 2>/dev/null | sort -u | wc -l)" -ge 40
}

head_of() {
	capinfos "$1" >/dev/null
}

# Four interfaces at once, and room for two captures.
many_alerts() {
	local link with
	rm -f "$got"/*
	for link in b0 b1 b2 b3; do
		alert_at "$link" >/dev/null || not_ok "storm: an alert at $link"
	done
	with=$(told '^Severity: WARNING' '^capture: /' | xargs -r -n 1 sed -n 's/^capture: //p' | sort -u | wc -l)
	equal 'storm: two of four alerts have a capture' 2 "$with"
	equal 'storm: there is no other' 2 "$(captures_known)"
	equal 'storm: never more than two run' '' "$(cat "$work/many" 2>/dev/null)"
	check 'storm: what had no capture is logged' logged 'captures run already'
}

# The two that had a capture: it is in their OKAY, and its ledger holds.
ends_counted() {
	local notice file
	for notice in $(told '^Severity: OKAY' '^capture: /'); do
		file=$(header "$notice" capture)
		[ "$(header "$notice" captured)" = "$(capinfos -Tr -c "$file" | cut -f2)" ] &&
			ctl evidence verify "$file" || return 1
	done
	[ "$(told '^Severity: OKAY' '^capture: /' | wc -l)" = 2 ]
}

# While the storm is on, captures that run are counted.
watch_running() {
	while sleep 0.3; do
		[ "$(ctl capture list --json 2>/dev/null | jq '[.captures[] | select(.state == "running")] | length')" != 3 ] ||
			echo many >>"$work/many"
	done
}

make_world "a b" "a a0 b b0" "a a1 b b1" "a a2 b b2" "a a3 b b3"
write_scripts
write_receivers receive
start 2 100
check 'attached' wait_for 20 all_attached
one_alert
scanned
stop_collectd
start 60 1000000
wait_for 20 all_attached
watch_running &
started+=($!)
many_alerts
stop_collectd
check 'stop: the end has how many packets there are' ends_counted
check 'stop: in two seconds and a half' test "$stopped_ms" -lt 2500
check 'stop: nothing is left' nothing_left
finish
