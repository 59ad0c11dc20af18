#!/bin/bash
# SPDX-License-Identifier: MIT
# What a dropped packet costs on each rung of the ladder that this kernel has, by the kernel's own
# run-time statistics, beside the smallest program that counts by reason at the same hook; and how
# many packets a second a drop rule takes with and without them. A rung at tp_btf is to cost no more
# than three times that program, one at raw_tp five times: else this fails.
#   drops.sh [--build DIR] [--frames N] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

frames=2000000 rounds=3
take_options 'build frames rounds' "$@"
pins=/sys/fs/bpf/kt-bench-$$
state=$pins/state interval=1
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

# minimal_start minimal:HOOK
minimal_start() {
	: >"$work/minimal"
	"$build/tests/bench/minimal" "${1#*:}" >"$work/minimal" &
	daemon=$!
	until [ -s "$work/minimal" ]; do
		kill -0 $daemon 2>/dev/null || { stop_daemon; return 1; }
		sleep 0.1
	done
	program=$(<"$work/minimal")
}
minimal_stop() { stop_daemon; }

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
	write_config "<Interface \"vrx\">;</Interface>;<Drops>;Probe \"$1\";</Drops>"
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
		for subject in $subjects; do
			kind=${subject%%:*}
			[[ $kind =~ ^(bare|minimal)$ ]] || kind=kidos
			"${kind}_start" "$subject" || continue
			rate >>"$work/$subject.rate"
			cost >>"$work/$subject.cost"
			"${kind}_stop"
		done
	done
}

# Kprobes have no minimal program of their own: what they cost stands for itself.
hook_of() {
	case $1 in
	tp_btf*) echo tp_btf ;;
	raw_tp*) echo raw_tp ;;
	esac
}
declare -A bars=([tp_btf]=3 [raw_tp]=5)

# cost_of SUBJECT: the median, or nothing
cost_of() {
	[ ! -s "$work/$1.cost" ] || median <"$work/$1.cost"
}

report() {
	local subject bare hook least bar failed=0
	bare=$(median <"$work/bare.rate")
	printf '%-20s %8s %12s %8s %8s\n' probe 'ns/drop' 'of minimal' Mpps 'of bare'
	for subject in $subjects; do
		if [ ! -s "$work/$subject.rate" ]; then
			printf '%-20s this kernel has not got it\n' "$subject"
			continue
		fi
		hook=$(hook_of "$subject")
		least=$([ -z "$hook" ] || cost_of "minimal:$hook")
		bar=${bars[${hook:-none}]:-0}
		awk -v name="$subject" -v ns="$(cost_of "$subject")" -v least="${least:-0}" -v bar="$bar" \
			-v bare="$bare" -v rate="$(median <"$work/$subject.rate")" '
			BEGIN { times = least ? sprintf("%.1f", ns / least) : "-"
				over = least && ns > bar * least
				printf "%-20s %8s %12s %8.2f %7.0f%%%s\n", name, ns, times, rate, 100 * rate / bare,
					over ? "  over the bar of " bar : ""
				exit over }' || failed=1
	done
	return $failed
}

[ "$(id -u)" = 0 ] || { echo 'drops.sh needs root' >&2; exit 2; }
rungs=$(sed -n 's/^\t{ "\([a-z_]*\)", "drop_.*/\1/p' "$here/plugin/drops/rungs.c")
subjects="bare minimal:tp_btf minimal:raw_tp $rungs"
make_world
echo "kernel $(uname -r), load average $(cut -d' ' -f1 /proc/loadavg) before the run, medians of $rounds rounds" \
	"of $frames dropped packets (UDP, 1000 flows)"
measure
report
