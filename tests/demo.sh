#!/bin/bash
# SPDX-License-Identifier: MIT
# What ./dev demo shows: two hosts on a wire and a monitor with a mirror port, traffic of several
# kinds, real collectd with kidos; what was dropped and why, who could not connect, an alert with its
# packets; then what kidos counted beside what the interfaces counted. --keep: collectd and the world
# stay until Ctrl-C.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/.." && pwd)
out=$top/build/demo
state=/sys/fs/bpf/kidos-demo
seconds=${KIDOS_DEMO_SECONDS:-8}
port=19103
kidosctl=("$top/build/plugin/kidosctl" --state "$state")
netns=$top/build/netns/kidos-netns
world=$out/demo.json
collectd='' servers=() keep=no captures=''

say() {
	printf '\n%s\n' "$*"
}

# In the background the process is the command itself, and so is its pid.
in_ns() {
	exec nsenter --net="/run/netns/$1" "${@:2}"
}

cleanup() {
	local status=$? pid
	trap '' INT TERM HUP
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
	done
	wait
	"$netns" down "$world" || status=1
	rm -rf "${captures:?}"
	exit "$status"
}

# kd-a and kd-b on a wire; kd-mon gets a copy of all that passes kd-b's end. kidos-netns takes no
# file that others may write, as the checkout's may be.
write_world() {
	install -m 644 "$top/netns/topologies/demo.json" "$world"
	"$netns" down "$world" # of a demo that was killed
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
		  HeartBeat 60
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
		  <Alerts>
		    Enabled true
		  </Alerts>
		  <Capture>
		    Directory "$captures"
		    On "port_scan"
		    Seconds 5
		  </Capture>
		</Plugin>
	END
}

answers() {
	"${kidosctl[@]}" status >/dev/null 2>&1
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
	wait_for answers
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

# --- what cannot connect, what is dropped, who scans ---

# Datagrams to a port where nobody listens.
send_to_nobody() {
	# shellcheck disable=SC2016 # the inner shell's
	(in_ns kd-a bash -c 'for i in {1..20}; do echo kidos >/dev/udp/10.77.0.2/9; done' 2>/dev/null) || :
}

# A connection to such a port.
be_refused() {
	(in_ns kd-a curl -s --max-time 2 http://10.77.0.2:81/) || :
}

# Five seconds of connections to one port after the other.
scan() {
	# shellcheck disable=SC2016 # the inner shell's
	(in_ns kd-a bash -c 'for port in {8000..8099}; do (: <"/dev/tcp/10.77.0.2/$port") 2>/dev/null; sleep 0.05; done') || :
}

# Each of them proves itself once it has ended.
are_whole() {
	local file any=no
	for file in "$captures"/*.pcapng; do
		"${kidosctl[@]}" evidence verify "$file" >"$out/verified" 2>&1 || return
		any=yes
	done
	[ $any = yes ]
}

show_troubles() {
	send_to_nobody
	be_refused
	scan
	say 'What the kernel dropped, by its reason (kidosctl drops --by reason --interface kd-b:b0):'
	"${kidosctl[@]}" drops --by reason --interface kd-b:b0 --limit 4
	say 'Who could not connect (kidosctl connections list --command curl --limit 3):'
	"${kidosctl[@]}" connections list --command curl --proto tcp --limit 3 || :
	say 'An alert (kidosctl alerts), and its packets in a file:'
	"${kidosctl[@]}" alerts --limit 3
	wait_for are_whole || differs=1
	cat "$out/verified"
}

# The sum over classes that was the newest at an epoch: LABEL TYPE rx|tx EPOCH
counted() {
	awk -F, -v field="$([ "$3" = rx ] && echo 2 || echo 3)" -v at="$4" '
		$1 <= at { value[FILENAME] = $field }
		END { for (name in value) sum += value[name]; printf "%d", sum }' \
		"$out/csv/demo/kidos-$1/$2"-*
}

# kidos's totals in hook units, from the pinned map: SLOT DIRECTION(0 rx, 1 tx). The map holds 12
# pairs of 64-bit numbers first (packets, bytes), per CPU, little-endian.
hook_counted() {
	bpftool -j map dump pinned "$state/totals" | jq --argjson index $((2 * $1 + $2)) '
		def byte: ltrimstr("0x") | explode | map(if . > 96 then . - 87 else . - 48 end) | reduce .[] as $d (0; . * 16 + $d);
		def little: reduce (map(byte) | reverse[]) as $b (0; . * 256 + $b);
		map(select((.key | little) == $index) | (.values // [{ value: .value }])[] | .value as $v |
			range(12) | $v[(. * 16):(. * 16 + 8)] | little) | add'
}

interface_counted() {
	ip -n "${1%:*}" -s -j link show dev "${1#*:}" | jq ".[0].stats64.$2.packets"
}

slot_of() {
	{ "${kidosctl[@]}" status --json || :; } | jq --arg wanted "$1" '[.interfaces[].interface] | index($wanted) + 1'
}

# LABEL rx|tx: packets as kidos's hook and as the interface counted them, with nothing in between
both_counted() {
	local slot hook own after
	slot=$(slot_of "$1")
	own=$(interface_counted "$1" "$2")
	while :; do
		hook=$(hook_counted "$slot" "$([ "$2" = rx ] && echo 0 || echo 1)")
		after=$(interface_counted "$1" "$2")
		[ "$after" != "$own" ] || break
		own=$after
	done
	echo "$hook $own"
}

rows='kd-a:a0 rx
kd-a:a0 tx
kd-b:b0 rx
kd-b:b0 tx
kd-mon:mon0 rx'
declare -A base

# What was counted before kidos watched, and the first words of IPv6 on a new link.
read_base() {
	local label way
	while read -r label way; do
		base[$label $way]=$(both_counted "$label" "$way")
	done <<<"$rows"
}

interfaces_counted() {
	local label way
	while read -r label way; do
		interface_counted "$label" "$way"
	done <<<"$rows"
}

# Three seconds without a packet, so that collectd too has written what it has.
wait_for_quiet() {
	local now was='' quiet=0
	until [ $quiet = 3 ]; do
		now=$(interfaces_counted)
		if [ "$now" = "$was" ]; then quiet=$((quiet + 1)); else quiet=0; fi
		was=$now
		sleep 1
	done
}

differs=0

# WANTED GOT: prints the verdict
compare() {
	verdict=equal
	[ "$1" = "$2" ] || { verdict=DIFFERS differs=1; }
}

# A row: what kidos counted and what the interface did, since the base was read.
row() {
	local hook own hook_base own_base
	read -r hook own < <(both_counted "$1" "$2")
	read -r hook_base own_base <<<"${base[$1 $2]}"
	compare $((own - own_base)) $((hook - hook_base))
	printf '%-12s %-4s %12s %16s %12s %14s  %s\n' "$1" "$2" "$(between "$1" if_packets "$2")" \
		"$(between "$1" if_octets "$2")" $((hook - hook_base)) $((own - own_base)) "$verdict"
}

between() {
	echo $(($(counted "$@" "$ended") - $(counted "$@" "$started")))
}

table() {
	local label way
	say 'What kidos counted, beside the interface'"'"'s own counter (both in packets as the stack handles them):'
	printf '%-12s %-4s %12s %16s %12s %14s\n' interface way 'wire packets' 'wire bytes' 'hook packets' 'its counter'
	while read -r label way; do
		row "$label" "$way"
	done <<<"$rows"
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
	local file
	for file in "$out/rrd/demo/kidos-kd-b:b0"/if_octets-*.rrd; do
		rrdtool fetch "$file" AVERAGE -r 1 \
			--start "$started" --end "$ended"
	done | awk '/^[0-9]+:/ && $2 !~ /nan/ { sum += $2 } END { printf "%.0f", sum }'
}

stay() {
	say "collectd runs on until Ctrl-C:
  ${kidosctl[*]} status
  http://127.0.0.1:$port/metrics
  $out/rrd, $out/csv, $captures"
	wait "$collectd"
}

main() {
	case "${1:-}" in
	'') ;;
	--keep) keep=yes ;;
	*) echo "demo: unknown argument '$1'" >&2; exit 2 ;;
	esac
	[ "$(id -u)" = 0 ] || { echo 'demo: needs root' >&2; exit 2; }
	rm -rf "$out"
	mkdir -p "$out"
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	captures=$(mktemp -d /run/kidos-demo.XXXXXX)
	write_world
	write_config
	say 'collectd with kidos, rrdtool, csv and write_prometheus is started, and waits for the interfaces'
	start_collectd
	say 'kidos-netns up netns/topologies/demo.json'
	"$netns" up "$world"
	wait_for all_attached
	"${kidosctl[@]}" status || :
	wait_for_quiet
	read_base
	started=$(date +%s)
	sleep 2
	say "traffic for $seconds seconds: ping, iperf3 TCP and UDP, IPv4 and IPv6"
	start_servers
	traffic
	show_troubles
	say 'kidos-netns status netns/topologies/demo.json'
	"$netns" status "$world" || differs=1
	wait_for_quiet
	ended=$(date +%s)
	table
	say 'kidosctl flows --limit 10:'
	"${kidosctl[@]}" flows --limit 10
	say "A piece of http://127.0.0.1:$port/metrics:"
	curl -s "http://127.0.0.1:$port/metrics" | grep '^collectd_kidos_if_packets.*kd-b:b0".*type="\(tcp\|udp\|icmp\)' | head -n 6
	[ $keep = no ] || stay
	kill "$collectd"
	wait "$collectd" || true
	draw
	compare "$(between kd-b:b0 if_octets rx)" "$(graphed)"
	say "bytes received by kd-b:b0: $(between kd-b:b0 if_octets rx) counted, $(graphed) under the graph: $verdict"
	say "graph: $out/demo.png"
	[ "$differs" = 0 ]
}

main "$@"
