#!/bin/bash
# SPDX-License-Identifier: MIT
# <Privacy>: no whole address in the names of series, the event log, notifications and what kidosctl
# prints; no file of packets, and no whole address in a notification's metadata, unless Raw says so.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

# start [LINES in <Privacy>]
start() {
	rm -f "$got"/*
	write_receivers receive
	start_collectd b "<Interface \"b0\">
	</Interface>
	<Flows>
	  TopFlows 5
	  FlowKey \"five-tuple\"
	</Flows>
	<Alerts>
	  CoolDown 1
	  RateLimit 0
	</Alerts>
	<EventLog>
	  File \"$work/log.d/events\"
	</EventLog>
	<Capture>
	  Directory \"$work/captures\"
	</Capture>
	<Privacy>
	  AddressBitsV4 8
	  $1
	</Privacy>
	</Plugin>
	Include \"$work/receivers.conf\"
	<Plugin kidos>"
	attached b0
}

scan() {
	at_host a ports 10.1.0.2 7000 30
}

in_the_log() {
	grep -q '"kind":"alert".*port_scan' "$work/log.d/events"
}

# told_source ADDRESS: metadata of a scan
told_source() {
	any_told 'Type: port_scan$' "^src: $1\$"
}

write_scripts
make_ns a b
make_veth a a0 b b0
mkdir -p "$work/log.d"
ip -n "$run-a" address add 10.1.0.1/24 dev a0
ip -n "$run-b" address add 10.1.0.2/24 dev b0
start ''
scan
check 'a series is named by what is shown' wait_for 20 eval 'find "$work/csv" -path "*b0.flows*" | grep -q 10.0.0.0p8'
check 'the event log has the alert' wait_for 20 in_the_log
check 'a script has what is shown' wait_for 20 told_source 10.0.0.0
{
	ctl flows --limit 0
	ctl flows --json --limit 0
	ctl alerts
	ctl alerts --json
	ctl drops
} >"$work/shown" 2>&1
check 'kidosctl has it' grep -q 'port_scan.*10\.0\.0\.0' "$work/shown"
check 'nowhere is a whole address' eval '! { find "$work/csv"; cat "$work/shown" "$work/log.d/events" "$got"/[0-9]*; } | grep -F 10.1.0'
equal 'what is asked for is asked of what is shown' 0 "$(ctl flows --json --host 10.1.0.1 | jq '.flows | length')"
said=$(ctl capture start --interface b0 --seconds 1 2>&1)
check 'no packets in a file' grep -qF 'it takes Raw "capture" there' <<<"$said"
equal 'none was begun' '' "$(find "$work/captures" -name '*.pcapng')"
stop_collectd

start $'Raw "exec"\n  Raw "capture"'
scan
check 'Raw: a script has whole addresses' wait_for 20 told_source 10.1.0.1
check 'Raw: the message has not' eval '! cat "$got"/[0-9]* | grep -F src=10.1.0.1'
check 'Raw: packets in a file' ctl capture start --interface b0 --seconds 1
stop_collectd
check 'nothing is left' nothing_left
finish
