#!/bin/bash
# SPDX-License-Identifier: MIT
# The event log in real collectd: its rows are the flows of the table, packets and bytes to the unit, in
# every format; rotation by itself and by logrotate, a full disk, restarts and kills, planted files,
# hostile names, alerts, summaries.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

folder=$work/log.d
file=$folder/events

# start_log FORMAT [LINES]: in namespace b, watching b0
start_log() {
	start_collectd b "<Interface \"/^b0/\">
	  Virtual true
	</Interface>
	<EventLog>
	  File \"$file\"
	  Format \"$1\"
	  Summary 0
	  ${2:-}
	</EventLog>
	${3:-}"
}

# send COUNT [FLOWS]
send() {
	in_ns a "$frames" a0 udp "$1" --dst-mac "$nobody" --flows "${2:-1}"
}

make_ns a b
make_veth a a0 b b0
mkdir -p "$folder"
start_log jsonl
check 'attached' attached b0
"$frames" --help
send 1000
sleep 3
status_text
cat "$file"
stop_collectd
finish
