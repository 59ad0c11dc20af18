#!/bin/bash
# SPDX-License-Identifier: MIT
# What ./dev demo shows: two hosts on a wire and a monitor with a mirror port, traffic of several
# kinds, real collectd with kidos; then what kidos counted beside what the interfaces counted.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/.." && pwd)
out=$top/build/demo
state=/sys/fs/bpf/kidos-demo
seconds=${KIDOS_DEMO_SECONDS:-8}
port=19103
kidosctl=("$top/build/plugin/kidosctl" --state "$state")
collectd='' servers=()

say() {
	printf '\n%s\n' "$*"
}

in_ns() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}

cleanup() {
	local status=$? pid ns
	trap '' INT TERM HUP
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
	done
	wait
	for ns in kd-a kd-b kd-mon; do
		ip netns delete "$ns" 2>/dev/null || true
	done
	exit "$status"
}

# kd-a and kd-b on a wire; kd-mon gets a copy of all that passes kd-b's end.
demo_world() {
	local ns
	for ns in kd-a kd-b kd-mon; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
	done
	ip -n kd-a link add a0 type veth peer name b0 netns kd-b
	ip -n kd-b link add mon-src type veth peer name mon0 netns kd-mon
	in_ns kd-b sysctl -qw net.ipv6.conf.mon-src.disable_ipv6=1
	in_ns kd-mon sysctl -qw net.ipv6.conf.mon0.disable_ipv6=1
	ip -n kd-mon link set mon0 up
	ip -n kd-b link set mon-src up
}

# The wire goes up when kidos watches it, so that both count from the first packet.
wire_up() {
	ip -n kd-a address add 10.77.0.1/24 dev a0
	ip -n kd-b address add 10.77.0.2/24 dev b0
	ip -n kd-a address add fd77::1/64 dev a0 nodad
	ip -n kd-b address add fd77::2/64 dev b0 nodad
	mirror ingress
	mirror egress
	ip -n kd-b link set b0 up
	ip -n kd-a link set a0 up
	ip netns exec kd-a ping -q -c 1 -W 2 10.77.0.2 >/dev/null
}

mirror() {
	tc -n kd-b qdisc show dev b0 | grep -q clsact || tc -n kd-b qdisc add dev b0 clsact
	tc -n kd-b filter add dev b0 "$1" protocol all prio 100 u32 match u32 0 0 \
		action mirred egress mirror dev mon-src
}

write_config() {
	cat >"$out/collectd.conf" <<-END
		Hostname "demo"
		FQDNLookup false
		Interval 1
		BaseDir "$out"
		PIDFile "$out/collectd.pid"
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		  File "$out/collectd.log"
		</Plugin>
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$out/csv"
		  StoreRates false
		</Plugin>
		LoadPlugin rrdtool
		<Plugin rrdtool>
		  DataDir "$out/rrd"
		  StepSize 1
		  HeartBeat 4
		  CacheFlush 1
		  CacheTimeout 0
		</Plugin>
		LoadPlugin write_prometheus
		<Plugin write_prometheus>
		  Host "127.0.0.1"
		  Port "$port"
		</Plugin>
		PluginDir "$top/build/plugin"
		LoadPlugin kidos
		PluginDir "/usr/lib/collectd"
		<Plugin kidos>
		  StatePath "$state"
		  <Interface "a0">
		    Namespace "kd-a"
		  </Interface>
		  <Interface "b0">
		    Namespace "kd-b"
		  </Interface>
		  <Interface "mon0">
		    Namespace "kd-mon"
		    Mirror true
		    Egress false
		  </Interface>
		</Plugin>
	END
}

all_attached() {
	[ "$("${kidosctl[@]}" status --json 2>/dev/null |
		jq '[.interfaces[] | select(.state == "attached")] | length')" = 3 ]
}

wait_for() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		! "$@" || return 0
		sleep 0.1
	done
	say "demo: gave up waiting: $*"
	cat "$out/collectd.log"
	return 1
}

start_collectd() {
	command collectd -f -C "$out/collectd.conf" >"$out/collectd.out" 2>&1 &
	collectd=$!
	wait_for all_attached
}

start_servers() {
	local port
	for port in 5201 5202; do
		in_ns kd-b iperf3 -s -p $port >/dev/null 2>&1 &
		servers+=($!)
	done
	sleep 0.3
}

traffic() {
	local clients=()
	in_ns kd-a ping -q -i 0.2 -w "$seconds" 10.77.0.2 >/dev/null &
	clients+=($!)
	in_ns kd-a ping -q -i 0.2 -w "$seconds" fd77::2 >/dev/null &
	clients+=($!)
	in_ns kd-a iperf3 -c 10.77.0.2 -p 5201 -t $((seconds / 2)) -b 200M >/dev/null &
	clients+=($!)
	in_ns kd-a iperf3 -u -c fd77::2 -p 5202 -t $((seconds / 2)) -b 20M >/dev/null &
	clients+=($!)
	wait "${clients[@]:2}"
	in_ns kd-a iperf3 -c fd77::2 -p 5201 -t $((seconds / 2)) -b 200M >/dev/null &
	clients+=($!)
	in_ns kd-a iperf3 -u -c 10.77.0.2 -p 5202 -t $((seconds / 2)) -b 20M >/dev/null &
	clients+=($!)
	wait "${clients[@]}"
}

# The newest value: INTERFACE TYPE CLASS, field rx or tx
csv_value() {
	tail -qn 1 "$out/csv/demo/kidos-$1/$2-$3"-20* | tail -n 1 | cut -d, -f"$([ "$4" = rx ] && echo 2 || echo 3)"
}

classes='tcp udp icmp icmpv6 sctp gre esp ah igmp other_ip arp other'

counted() {
	local class sum=0
	for class in $classes; do
		sum=$((sum + $(csv_value "$1" "$2" "$class" "$3")))
	done
	echo "$sum"
}

# kidos's totals in hook units, from the pinned map: SLOT DIRECTION(0 rx, 1 tx) NUMBER(0 packets,
# 1 bytes). The map holds 12 pairs of 64-bit numbers first, per CPU, little-endian.
hook_counted() {
	bpftool -j map dump pinned "$state/totals" | jq --argjson index $((2 * $1 + $2)) --argjson number "$3" '
		def byte: ltrimstr("0x") | explode | map(if . > 96 then . - 87 else . - 48 end) | reduce .[] as $d (0; . * 16 + $d);
		def little: reduce (map(byte) | reverse[]) as $b (0; . * 256 + $b);
		map(select((.key | little) == $index) | (.values // [{ value: .value }])[] | .value as $v |
			range(12) | $v[(. * 16 + $number * 8):(. * 16 + $number * 8 + 8)] | little) | add'
}

interface_counted() {
	ip -n "$1" -s -j link show dev "$2" | jq ".[0].stats64.$3.$4"
}

differs=0

# A row: namespace, interface, slot, direction, what kidos counted and what the interface did.
row() {
	local verdict=equal wire hook own
	wire=$(counted "$1:$2" if_packets "$4")
	hook=$(hook_counted "$3" "$([ "$4" = rx ] && echo 0 || echo 1)" 0)
	own=$(interface_counted "$1" "$2" "$4" packets)
	[ "$hook" = "$own" ] || { verdict=DIFFERS; differs=1; }
	printf '%-12s %-4s %12s %16s %12s %14s  %s\n' "$1:$2" "$4" "$wire" \
		"$(counted "$1:$2" if_octets "$4")" "$hook" "$own" "$verdict"
}

table() {
	say 'What kidos counted, beside the interface'"'"'s own counter (both in packets as the stack handles them):'
	printf '%-12s %-4s %12s %16s %12s %14s\n' interface way 'wire packets' 'wire bytes' 'hook packets' 'its counter'
	row kd-a a0 1 rx
	row kd-a a0 1 tx
	row kd-b b0 2 rx
	row kd-b b0 2 tx
	row kd-mon mon0 3 rx
}

# Rates of all classes received by b0, as collectd stored them.
draw() {
	local class arguments=() colours=(1f77b4 ff7f0e 2ca02c d62728 9467bd 8c564b) i=0 dir="$out/rrd/demo/kidos-kd-b:b0"
	for class in tcp udp icmp icmpv6; do
		arguments+=("DEF:$class=${dir//:/\\:}/if_octets-$class.rrd:rx:AVERAGE"
			"CDEF:bits_$class=$class,8,*" "AREA:bits_$class#${colours[i]}:$class:STACK")
		i=$((i + 1))
	done
	rrdtool graph "$out/demo.png" --start "$started" --end "$ended" --step 1 -w 700 -h 220 \
		--title 'kd-b:b0 received, by protocol class' --vertical-label 'bits/s' "${arguments[@]}" >/dev/null
}

# Bytes under the graph's curve: the mean rate of each second, added up.
graphed() {
	local class
	for class in $classes; do
		rrdtool fetch "$out/rrd/demo/kidos-kd-b:b0/if_octets-$class.rrd" AVERAGE -r 1 \
			--start "$started" --end "$ended"
	done | awk '/^[0-9]+:/ && $2 !~ /nan/ { sum += $2 } END { printf "%.0f", sum }'
}

main() {
	[ "$(id -u)" = 0 ] || { echo 'demo: needs root' >&2; exit 2; }
	rm -rf "$out"
	mkdir -p "$out"
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	demo_world
	write_config
	say 'collectd with kidos, rrdtool, csv and write_prometheus is started'
	start_collectd
	"${kidosctl[@]}" status
	started=$(date +%s)
	sleep 2
	say "traffic for $seconds seconds: ping, iperf3 TCP and UDP, IPv4 and IPv6"
	wire_up
	start_servers
	traffic
	sleep 3
	ended=$(date +%s)
	table
	say 'kidosctl flows --limit 10:'
	"${kidosctl[@]}" flows --limit 10
	say "A piece of http://127.0.0.1:$port/metrics:"
	curl -s "http://127.0.0.1:$port/metrics" | grep '^collectd_kidos_if_packets.*kd-b:b0".*type="\(tcp\|udp\|icmp\)' | head -n 6
	kill "$collectd"
	wait "$collectd" || true
	draw
	say "bytes received by kd-b:b0: $(counted kd-b:b0 if_octets rx) counted, $(graphed) under the graph"
	say "graph: $out/demo.png"
	[ "$differs" = 0 ]
}

main "$@"
