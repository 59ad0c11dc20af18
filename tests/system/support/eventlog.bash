# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the tests of the event log, after lib.bash: two namespaces, and collectd with a log in b.

folder=$work/log.d
file=$folder/events

# start_log FORMAT [LINES in EventLog] [LINES in kidos]
start_log() {
	start_collectd b "<Interface \"/^b/\">
	  Virtual true
	</Interface>
	<EventLog>
	  File \"$file\"
	  Format \"$1\"
	  ${2:-Summary 0}
	</EventLog>
	${3:-}"
}

# send COUNT [FLOWS]
send() {
	in_ns a "$frames" a0 udp "$1" --dst-mac "$nobody" --flows "${2:-1}" >/dev/null
}

# Rows of the table, as kidosctl has them: "src sport dst dport protocol packets bytes".
table_flows() {
	ctl flows --json --limit 0 --interface b0 | jq -r '.flows[] |
		"\(.src) \(.sport) \(.dst) \(.dport) \(.protocol) \(.packets) \(.bytes)"' | sort
}

# The same of the log, added up. FILE...: as JSON lines
log_flows() {
	jq -r 'select(.kind == "flow" and .interface == "b0") |
		"\(.src_ip) \(.src_port) \(.dst_ip) \(.dst_port) \(.protocol_num) \(.packets) \(.bytes)"' "$@" |
		awk '{ k = $1 " " $2 " " $3 " " $4 " " $5; p[k] += $6; b[k] += $7 }
			END { for (k in p) print k, p[k], b[k] }' | sort
}

# sum_of FILE...: packets and bytes that analyze finds
sum_of() {
	"$kidosctl" analyze --json "$@" | jq -c '[.summary.packets, .summary.bytes, .summary.bad_lines]'
}

# logs N: so many packets are in the file, as analyze counts them
logs() {
	[ "$("$kidosctl" analyze --json "$file"* 2>/dev/null | jq .summary.packets)" = "$1" ]
}

value() {
	csv_last "eventlog/total_events-$1" | cut -d. -f1
}

make_ns a b
make_veth a a0 b b0
mkdir -p "$folder"
