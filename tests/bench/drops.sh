#!/bin/bash
# SPDX-License-Identifier: MIT
# What a dropped packet costs on each rung of the ladder that this kernel has, by the kernel's own
# run-time statistics, beside the smallest program that counts by reason; and how many packets a
# second a drop rule takes with and without them.
#   drops.sh [--build DIR] [--frames N] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

frames=2000000 rounds=3
take_options 'build frames rounds' "$@"
pins=/sys/fs/bpf/kt-bench-$$
work=$(mktemp -d)
statistics=$(sysctl -n kernel.bpf_stats_enabled)

cleanup() {
	stop_daemon
	sysctl -qw kernel.bpf_stats_enabled="$statistics"
	delete_veth
	rm -rf "$work" "$pins"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

make_world() {
	make_veth 1
	mkdir "$pins"
	bpftool prog load "$build/bpf/drop_all.bpf.o" "$pins/drop_all"
	in_rx tc qdisc add dev vrx clsact
	in_rx tc filter add dev vrx ingress bpf direct-action object-pinned "$pins/drop_all"
}

# --- what stands at the drops: NAME_start [RUNG], NAME_stop; sets program, its id ---

bare_start() { program=; }
bare_stop() { :; }

minimal_start() {
	: >"$work/minimal"
	"$build/tests/bench/minimal" >"$work/minimal" &
	daemon=$!
	until [ -s "$work/minimal" ]; do
		kill -0 $daemon || return 1
		sleep 0.1
	done
	program=$(<"$work/minimal")
}
minimal_stop() { stop_daemon; }

write_config() {
	cat >"$work/collectd.conf" <<-END
		Hostname "kt-bench"
		FQDNLookup false
		Interval 1
		BaseDir "$work"
		PIDFile "$work/pid"
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		  File "$work/log"
		</Plugin>
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/csv"
		</Plugin>
		PluginDir "$build/plugin"
		LoadPlugin kidos
		PluginDir "/usr/lib/collectd"
		<Plugin kidos>
		  StatePath "$pins/state"
		  <Interface "vrx">
		  </Interface>
		  <Drops>
		    Probe "$1"
		  </Drops>
		</Plugin>
	END
}

# The programs' descriptors are the daemon's: of its programs, that of the rung.
program_of() {
	local id
	cat /proc/"$daemon"/fdinfo/* 2>/dev/null | sed -n 's/^prog_id:[[:space:]]*//p' | sort -u |
		while read -r id; do
			bpftool -j prog show id "$id" | jq -r 'select(.name // "" | startswith("drop_")) | .id'
		done | sed -n 1p
}

kidos_start() {
	local tries
	write_config "$1"
	: >"$work/log"
	start_daemon collectd -f -C "$work/collectd.conf"
	for tries in {1..100}; do
		if grep -q 'drops are counted at' "$work/log"; then
			program=$(program_of)
			return
		fi
		! grep -q 'drops are not counted' "$work/log" || break
		sleep 0.1
	done
	stop_daemon
	return 1
}
kidos_stop() { stop_daemon; }

# --- measuring ---

# Of the program: time and number of its runs so far.
runs() {
	bpftool -j prog show id "$program" | jq -r '"\(.run_time_ns // 0) \(.run_cnt // 0)"'
}

# Without statistics, whose own cost would count; the generator tells packets a second.
rate() {
	in_tx "$build/tests/tools/xdp-generator" vtx "$frames" --flows 1000 |
		sed -n 's/.* \([0-9.]*\) Mpps.*/\1/p' | head -n 1
}

cost() {
	local before after
	[ -n "$program" ] || { echo -; return; }
	sysctl -qw kernel.bpf_stats_enabled=1
	before=$(runs)
	in_tx "$build/tests/tools/xdp-generator" vtx $((frames / 4)) --flows 1000 >/dev/null
	after=$(runs)
	sysctl -qw kernel.bpf_stats_enabled="$statistics"
	awk -v a="$before" -v b="$after" 'BEGIN { split(a, x); split(b, y)
		printf "%.0f\n", (y[1] - x[1]) / (y[2] - x[2]) }'
}

# The subjects take turns, so that a slow moment of the machine falls on all of them.
measure() {
	local round subject kind program
	for ((round = 0; round < rounds; round++)); do
		for subject in bare minimal $rungs; do
			kind=$subject
			[[ $subject =~ ^(bare|minimal)$ ]] || kind=kidos
			"${kind}_start" "$subject" || continue
			rate >>"$work/$subject.rate"
			cost >>"$work/$subject.cost"
			"${kind}_stop"
		done
	done
}

report() {
	local subject bare
	bare=$(median <"$work/bare.rate")
	printf '%-20s %8s %8s %8s\n' probe 'ns/drop' Mpps 'of bare'
	for subject in bare minimal $rungs; do
		if [ ! -s "$work/$subject.rate" ]; then
			printf '%-20s this kernel has not got it\n' "$subject"
			continue
		fi
		awk -v name="$subject" -v ns="$(median <"$work/$subject.cost")" -v bare="$bare" \
			-v rate="$(median <"$work/$subject.rate")" \
			'BEGIN { printf "%-20s %8s %8.2f %7.0f%%\n", name, ns, rate, 100 * rate / bare }'
	done
}

[ "$(id -u)" = 0 ] || { echo 'drops.sh needs root' >&2; exit 2; }
rungs=$(sed -n 's/^\t{ "\([a-z_]*\)", "drop_.*/\1/p' "$here/plugin/drops/rungs.c")
make_world
echo "kernel $(uname -r), load average $(cut -d' ' -f1 /proc/loadavg) before the run, medians of $rounds rounds" \
	"of $frames dropped packets (UDP, 1000 flows)"
measure
report
