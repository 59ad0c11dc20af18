#!/bin/bash
# SPDX-License-Identifier: MIT
# Flows that come and go while collectd stores their series: what the series gain is what the
# interface's totals gain, in every interval of the csv files, in the RRD files and on the
# Prometheus page; collectd is restarted in the middle. --long runs for ten minutes,
# KIDOS_CHURN_SECONDS sets another time (the issue's is 120).
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

seconds=${KIDOS_CHURN_SECONDS:-30}
[ "${1:-}" != --long ] || seconds=600
[ "${KIDOS_SLOW:-1}" -le 1 ] || seconds=20
# Few names, so that they run out.
most=30
# shellcheck disable=SC2034 # read by write_config
interval=1
port=9103
# shellcheck disable=SC2034
plugins() {
	more_plugins="LoadPlugin rrdtool
	<Plugin rrdtool>
	  DataDir \"$work/rrd\"
	  RRARows 3600
	  RRATimespan 3600
	</Plugin>
	LoadPlugin write_prometheus
	<Plugin write_prometheus>
	  Port $port
	</Plugin>"
}
config="<Interface \"b0\">
	</Interface>
	<Flows>
	  TopFlows 20
	  MaxFlowSeries $most
	  Group \"10.0.0.0/29\" \"10.0.0.16/28\"
	  GroupPrefix 32 128
	</Flows>"
kinds=(tcp udp icmp tcp6 udp6 icmpv6 sctp gre esp vlan-udp frag-first arp)
RANDOM=7

# Bursts of every kind with few to many flows and sizes, both ways, for $1 seconds.
traffic() {
	local end=$((SECONDS + $1)) kind
	while [ $SECONDS -lt $end ]; do
		kind=${kinds[RANDOM % ${#kinds[@]}]}
		in_ns a "$frames" a0 "$kind" $((100 + RANDOM % 2000)) --flows $((1 + RANDOM % 40)) \
			--size $((60 + RANDOM % 1200)) --rate 20000 --dst-mac $nobody >/dev/null
		in_ns b "$frames" b0 "$kind" $((1 + RANDOM % 300)) --flows $((1 + RANDOM % 5)) --dst-mac $nobody >/dev/null
		[ $((RANDOM % 5)) -gt 0 ] || crowd
	done
}

# A hundred thousand flows of a packet or two each; or 20,000 in a second, that a small table has to
# give up one by one.
crowd() {
	if [ "$half" = second ]; then
		in_ns a "$frames" a0 udp 20000 --flows 20000 --rate 20000 --dst-mac $nobody >/dev/null
		return
	fi
	in_ns a "$build/tests/tools/xdp-generator" a0 100000 --flows 65536 >/dev/null 2>&1
}

sums() {
	python3 "$top/tests/system/support/series_sums.py" "$@"
}

page() {
	settle
	in_ns b curl -sS "http://127.0.0.1:$port/metrics" >"$work/page"
	sums page "$work/page" b0
}

flow_names() {
	find "$work/rrd/kt/kidos-b0.flows" -name 'io_packets-flow_*.rrd' -printf '%f\n' | sort
}

run_half() {
	local start
	half=$1
	# The first half's connection holds its port for a while.
	port=$((port + 1))
	plugins
	start_collectd b "${config/<Flows>/<Flows>$'\n'${2:-}}"
	attached b0 || { cat "$work/log"; not_ok "$half: attached"; finish; }
	start=$(date +%s)
	traffic $((seconds / 2))
	check "$half: the page's series add up to its totals" page
	stop_collectd
	check "$half: series gain what totals gain in every interval" sums csv "$work/csv" b0
	check "$half: and in the RRD files" sums rrd "$work/rrd" b0 $((start + 3)) "$(date +%s)"
	[ "$half" = first ] || evicted
	flow_names >"$work/names-$half"
	mv "$work/csv" "$work/csv-$half"
}

# What the small table gave up was spilled, and read. A kernel hash map evicts nothing.
evicted() {
	local name='evicted flows are spilled' count
	if [[ $(uname -r) == 5.10.* ]]; then
		skip "$name" 'the hash map of this kernel evicts nothing'
		return
	fi
	count=$(csv_last self/total_events-spilled)
	check "$name" [ "${count:-0}" -gt 0 ]
}

names_within() {
	echo "$(wc -l <"$work/names-first") names, then $(wc -l <"$work/names-second"), at most $most"
	[ "$(wc -l <"$work/names-first")" -ge 20 ] && [ "$(wc -l <"$work/names-second")" = "$most" ] &&
		! comm -23 "$work/names-first" "$work/names-second" | grep .
}

remembered() {
	local file=$work/kidos-series
	ls -l "$file"
	[ "$(wc -l <"$file")" = "$most" ] && [ "$(stat -c '%u %a' "$file")" = '0 640' ]
}

# Nobody else may tell us names: a link there is not followed, and replaced.
planted_link() {
	echo precious >"$work/precious"
	ln -sf "$work/precious" "$work/kidos-series"
	start_collectd b "$config"
	attached b0 && wait_for 20 logged 'not a file that only we may write' || { cat "$work/log"; return 1; }
	stop_collectd
	cat "$work/precious" && [ "$(cat "$work/precious")" = precious ]
}

make_ns a b
make_veth a a0 b b0
# write_prometheus only listens where there is an address beside the loopback's.
ip -n "$run-b" address add 192.0.2.1/24 dev b0
run_half first
run_half second 'MaxFlows 1024'
check 'the file of names has as many as there may be' remembered
check 'after the restart no name beyond them, and none lost' names_within
check 'no spike, nothing negative' sums spike "$work/rrd" b0 "$work/csv-first" "$work/csv-second"
check 'a planted link is not followed' planted_link
check 'nothing is left' nothing_left
finish
