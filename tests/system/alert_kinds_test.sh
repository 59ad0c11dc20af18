#!/bin/bash
# SPDX-License-Identifier: MIT
# Each kind of alert over flows and interfaces, provoked by real traffic and received by a real script,
# its start and its end paired.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source-path=SCRIPTDIR source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

# config [LINES in <Alerts>]
config() {
	cat <<-END
		<Interface "b0">
		</Interface>
		<Drops>
		  Enabled false
		</Drops>
		<Connects>
		  Enabled false
		</Connects>
		<Flows>
		  IdleTimeout 4
		</Flows>
		<Alerts>
		  CoolDown 1
		  Window 4
		  RateLimit 0
		  $1
		</Alerts>
	END
}

# start [LINES in <Alerts>]
start() {
	rm -f "$got"/*
	write_receivers receive
	start_collectd b "$(config "${1:-}")
	</Plugin>
	Include \"$work/receivers.conf\"
	<Plugin kidos>"
	wait_for 20 interface_is b0 attached
	settle
}

# paired KIND [PATTERN...]: one start and one end, of one alert
paired() {
	local kind=$1 start end
	shift
	start=$(told "Type: $kind\$" 'Severity: (WARNING|FAILURE)' "$@" | head -1)
	end=$(told "Type: $kind\$" 'Severity: OKAY' "alert_id: $(header "$start" alert_id)")
	echo "start $start, end $end"
	[ -n "$start" ] && [ -n "$end" ]
}

# provoke COMMAND...: what it says is shown if nothing comes of it
provoke() {
	"$@" >>"$work/traffic" 2>&1
}

# starts KIND HEADER...: there is an alert with these headers
starts() {
	local kind=$1 header
	shift
	check "$kind: starts" await_some "Type: $kind\$" 'Severity: (WARNING|FAILURE)'
	check "$kind: metadata is complete" has_metadata "$(told "Type: $kind\$" 'Severity: (WARNING|FAILURE)' | head -1)"
	for header; do
		check "$kind: $header" test -n "$(told "Type: $kind\$" 'Severity: (WARNING|FAILURE)' "^$header\$")"
	done
}

# ends KIND...
ends() {
	local kind
	for kind; do
		check "$kind: ends, with the same id" wait_for 20 paired "$kind"
	done
}

await_some() {
	wait_for 20 any_told "$@" && return
	cat "$work/traffic"
	cat "$got"/[0-9]*
	return 1
}

flood() {
	in_ns a "$frames" a0 udp 200000 --dst-mac "$(mac_of b b0)" --rate 60000
}

# --- from the flow table ---

flows() {
	start $'RepeatedFlow 50\nRateThreshold 10000' # a busy machine may send no more
	provoke at_host a ports 10.1.0.2 7000 30
	provoke at_host a hosts 10.9.0.1 40 80
	provoke at_host a syns 10.1.0.2 80 5000 198.18.0.1
	provoke at_host a packets 10.1.0.2 132 10
	provoke at_host a connections 10.1.0.2 9000 80
	provoke flood
	starts port_scan 'PluginInstance: b0' 'src: 10.1.0.1' 'dst: 10.1.0.2' 'proto: tcp'
	starts host_sweep 'src: 10.1.0.1'
	starts syn_flood 'dst: 10.1.0.2' 'proto: tcp' 'Severity: FAILURE'
	starts unusual_protocol 'src: 10.1.0.1' 'proto: sctp' 'community_id: 1:.*'
	starts repeated_flow 'src: 10.1.0.1' 'dst: 10.1.0.2' 'dport: 9000' 'proto: tcp' 'community_id: 1:.*'
	starts rate_spike 'proto: udp' 'threshold: 1.000000e.04' 'community_id: 1:.*'
	ends port_scan host_sweep syn_flood unusual_protocol repeated_flow rate_spike
	check 'port_scan: one alert' told_count 1 'Type: port_scan' 'Severity: WARNING'
	check 'rate_spike: one alert' told_count 1 'Type: rate_spike' 'Severity: WARNING'
	rm -f "$got"/[0-9]*
	provoke at_host a datagrams 10.1.0.2 7000 40
	check 'port_scan of datagrams: starts' await_some 'Type: port_scan$' 'Severity: WARNING' 'proto: udp'
	check 'port_scan of datagrams: ends' wait_for 20 paired port_scan
	stop_collectd
	check 'no error is logged' no_error
}

no_error() {
	! grep -F '[error]' "$work/log"
}

# --- from an interface's counts ---

# A veth says that it carries 10 Gbit/s. Learned on other days: next to nothing is usual at any hour.
rates() {
	local hour
	for hour in {0..23}; do
		echo "0 $hour 300 10 100 b0"
	done >"$work/kidos-usual"
	chmod 600 "$work/kidos-usual"
	start $'VolumeShare 1\nVolumeMin 1M\nBaseline true'
	provoke send_bytes 400000000
	starts high_volume_source 'src: 10.1.0.1' 'PluginInstance: b0'
	starts baseline 'threshold: [0-9.]+e.0[0-3]' 'PluginInstance: b0'
	ends high_volume_source baseline
	stop_collectd
	check 'baseline: remembered' grep -E "^1 [0-9]+ [0-9.e+]+ [0-9.e+]+ [0-9.e+]+ b0\$" "$work/kidos-usual"
}

# send_bytes COUNT: from a to b
send_bytes() {
	head -c "$1" /dev/zero | in_ns a python3 -c 'import socket, sys, shutil
one = socket.create_connection(("10.1.0.2", 9000)).makefile("wb")
shutil.copyfileobj(sys.stdin.buffer, one)'
}

quota_bytes() {
	csv_last quota/total_bytes-b0 | cut -d. -f1
}

quota() {
	local before
	start 'Quota "b0" "10M" 1'
	rm -f "$got"/[0-9]*
	send_bytes 8500000
	check 'quota: 80 %' await_some 'Type: quota' 'Severity: WARNING' 'observed: [89].*e.06'
	settle
	before=$(quota_bytes)
	stop_collectd
	check 'quota: ends with the daemon' wait_for 20 paired quota
	rm -f "$got"/[0-9]*
	check 'quota: remembered' grep -E "^20[0-9]+-[0-9]+-01 $before b0\$" "$work/kidos-quota"
	start 'Quota "b0" "10M" 1'
	settle
	check 'quota: goes on after a restart' test "$(quota_bytes)" -ge "$before"
	check 'quota: 80 % is still over' await_some 'Type: quota' 'Severity: WARNING'
	send_bytes 2000000
	check 'quota: 100 %' await_some 'Type: quota' 'Severity: FAILURE'
	settle
	check 'quota: percent' percent_is_over 100
	stop_collectd
}

percent_is_over() {
	csv_last quota/percent-b0 | awk -v least="$1" '{ print; exit !($1 > least) }'
}

write_scripts
two_hosts
listen
flows
rates
quota
check 'nothing is left' nothing_left
finish
