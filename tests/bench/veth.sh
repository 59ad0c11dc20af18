#!/bin/bash
# SPDX-License-Identifier: MIT
# What a veth carries without kidos, with it, and with softflowd and pmacctd in
# its place, and how many of the packets each of them saw; then what each XdpMode
# leaves of iperf3 TCP. Needs root, iproute2, bpftool, ethtool, iperf3; softflowd
# and pmacct where there are.
#   veth.sh [--build DIR] [--frames N] [--rounds N] [--window MILLISECONDS] [--only iperf]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

frames=3000000 rounds=200 window=100 only=
take_options 'build frames rounds window only' "$@"
# libbpf makes underscores of the dots in a path that maps are pinned to
work=$(mktemp -d /tmp/kt-bench-XXXXXX)
pins=$work/bpf
iperf=() first=() sampler=()
statistics=$(sysctl -n kernel.bpf_stats_enabled)

cleanup() {
	stop_daemon
	stop_iperf
	sysctl -qw kernel.bpf_stats_enabled="$statistics"
	delete_veth
	umount "$pins" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

load_kidos() {
	bpftool prog loadall "$build/bpf/traffic.bpf.o" "$pins/programs" pinmaps "$pins/maps" \
		2>"$work/load" || { cat "$work/load" >&2; return 1; }
}

unload_kidos() { rm -rf "$pins/programs" "$pins/maps"; }

seen_kidos() {
	if ! "$build/tests/bench/totals" "$pins/maps" >"$work/totals"; then
		echo "not conserved: $(cat "$work/totals")" >&2
		echo x >>"$work/unaccounted"
	fi
	cut -d' ' -f1 "$work/totals"
}

xdp_on() { load_kidos && in_rx bpftool net attach "$1" pinned "$pins/programs/kidos_xdp" dev vrx; }
xdp_off() { in_rx bpftool net detach "$1" dev vrx; unload_kidos; }

# What stands at the veth: start, seen, stop. kidos in each XdpMode.
bare_start() { :; }
bare_seen() { :; }
bare_stop() { :; }
native_start() { xdp_on xdpdrv; }
native_seen() { seen_kidos; }
native_stop() { xdp_off xdpdrv; }
generic_start() { xdp_on xdpgeneric; }
generic_seen() { seen_kidos; }
generic_stop() { xdp_off xdpgeneric; }
tc_start() {
	load_kidos
	in_rx tc qdisc add dev vrx clsact
	in_rx tc filter add dev vrx ingress bpf direct-action \
		object-pinned "$pins/programs/kidos_tc_ingress"
}
tc_seen() { seen_kidos; }
tc_stop() { in_rx tc qdisc del dev vrx clsact; unload_kidos; }

softflowd_start() {
	start_daemon softflowd -d -i vrx -n 127.0.0.1:9995 -p "$work/pid" -c "$work/control"
	sleep 2
}
softflowd_seen() {
	in_rx softflowctl -c "$work/control" statistics 2>/dev/null |
		awk '/^Packets processed/ { print $3 }' || true
}
softflowd_stop() { stop_daemon; }

# The largest buffers its manual speaks of: with its defaults it loses more.
pmacctd_start() {
	cat >"$work/pmacctd.conf" <<-END
		daemonize: false
		pcap_interface: vrx
		aggregate: src_host, dst_host, src_port, dst_port, proto
		plugins: memory
		plugin_buffer_size: 10240
		plugin_pipe_size: 104857600
		imt_mem_pools_number: 0
		imt_path: $work/pmacct.pipe
	END
	start_daemon pmacctd -f "$work/pmacctd.conf"
	sleep 2
}
pmacctd_seen() {
	sleep 2
	pmacct -s -p "$work/pmacct.pipe" 2>/dev/null |
		awk 'NF == 7 && $6 ~ /^[0-9]+$/ { sum += $6 } END { printf "%d\n", sum }' || true
}
pmacctd_stop() { stop_daemon; }

field() { # of the generator's line: what stands before or after a word
	[[ $line =~ $1 ]] && echo "${BASH_REMATCH[1]}"
}

measure_rate() { # what, flows, CPUs
	local line taken seen share=-
	"$1_start"
	line=$(in_tx "$build/tests/tools/xdp-generator" vtx "$frames" --flows "$2" --cpus "$3")
	taken=$(field 'taken ([0-9]+)')
	seen=$("$1_seen")
	[ -z "$daemon" ] || kill -0 "$daemon" 2>/dev/null || seen=died
	"$1_stop"
	[[ ! $seen =~ ^[0-9]+$ ]] ||
		share=$(awk "BEGIN { printf \"%.2f%%\", 100 * $seen / $taken }")
	if [[ $1 =~ ^(native|tc)$ ]] && [ "$seen" != "$taken" ]; then
		echo x >>"$work/unaccounted"
	fi
	printf '%-10s %7d %4d %9d %7s %6s %9s %8s\n' "$1" "$2" "$3" "$taken" \
		"$(field '([0-9.]+) Mpps')" "$(field '([0-9]+) ns')" "${seen:--}" "$share"
}

measure_rates() {
	local flows cpus what
	printf '%-10s %7s %4s %9s %7s %6s %9s %8s\n' veth flows CPUs taken Mpps CPU_ns seen share
	for cpus in 1 $([ "$(nproc)" -lt 2 ] || echo 2); do
		for flows in 1000 100000; do
			for what in bare native tc softflowd pmacctd; do
				command -v $what >/dev/null || [[ $what =~ bare|native|tc ]] || continue
				measure_rate $what $flows "$cpus"
			done
		done
	done
}

rate_bar() {
	local verdict=pass
	[ ! -e "$work/unaccounted" ] || verdict=MISS
	printf '\nbar: kidos accounts for every packet at every rate: %s\n' $verdict
}

# Real-time, where that is allowed: what else the machine does comes after it.
if chrt -f 1 true 2>/dev/null; then
	first=(chrt -f 1) sampler=(chrt -f 2)
fi

start_iperf() {
	# as a veth comes; the generator needed it on
	in_rx ethtool -K vrx gro off
	ip -n $tx link set vtx arp on
	ip -n $rx link set vrx arp on
	ip -n $tx addr add 10.99.0.1/30 dev vtx
	ip -n $rx addr add 10.99.0.2/30 dev vrx
	"${first[@]}" nsenter --net=/run/netns/$rx iperf3 -s -1 >/dev/null 2>&1 &
	iperf=($!)
	sleep 0.5
	"${first[@]}" nsenter --net=/run/netns/$tx iperf3 -c 10.99.0.2 -t 3600 -A 0,1 >/dev/null 2>&1 &
	iperf+=($!)
	sleep 1
}

stop_iperf() {
	[ ${#iperf[@]} -eq 0 ] || kill "${iperf[@]}" 2>/dev/null || true
	wait "${iperf[@]}" 2>/dev/null || true
	iperf=()
}

turns() { # rounds, modes; its sysfs is the namespace's
	"${sampler[@]}" ip netns exec $rx "$build/tests/bench/turns" vrx "$pins/programs" "$1" \
		"$window" "${@:2}"
}

# Other modes in between would weigh on the two that the bar is about.
measure_iperf() {
	load_kidos
	start_iperf
	turns "$rounds" bare tc >"$work/turns"
	turns $((rounds / 8 + 1)) bare generic native | sed 1d >>"$work/turns"
	printf '\n%-10s %9s %8s   (medians of windows of %s ms, each beside its bare one; 95 %% sure: between)\n' \
		iperf3 Gbit/s of_bare "$window"
	awk '{ printf "%-10s %9.2f %7.1f%%   %.1f%% to %.1f%%\n", $1, $2, 100 * $3, 100 * $4, 100 * $5 }' \
		"$work/turns"
	measure_share
	stop_iperf
	unload_kidos
}

# name, nanoseconds, runs
run_times() {
	local program
	for program in kidos_tc_ingress kidos_tc_egress; do
		bpftool -j prog show pinned "$pins/programs/$program" |
			jq -r '"\(.name) \(.run_time_ns // 0) \(.run_cnt // 0)"'
	done
}

# What the programs take by the kernel's own clock, whatever else the machine does.
measure_share() {
	sysctl -qw kernel.bpf_stats_enabled=1
	turns 1 tc >/dev/null
	run_times >"$work/before"
	window=3000 turns 1 tc >/dev/null
	run_times >"$work/after"
	sysctl -qw kernel.bpf_stats_enabled="$statistics"
	printf '\n%-18s %8s %9s %9s\n' program runs/s ns_a_run of_a_CPU
	paste -d' ' "$work/before" "$work/after" | awk '$6 > $3 { ns = $5 - $2; runs = $6 - $3
		printf "%-18s %8d %9.0f %8.2f%%\n", $1, runs / 3, ns / runs, ns / 3e7 }'
}

# A busy machine tells nothing of 2 %.
iperf_bar() {
	awk '$1 == "tc" {
		verdict = $5 - $4 > 0.04 ? "unclear, the machine is too busy" : $3 >= 0.98 ? "pass" : "MISS"
		printf "\nbar: XdpMode auto (tc on a veth) within 2 %% of the bare veth: %.1f %%, %s\n",
			100 * $3, verdict }' "$work/turns"
}

mkdir "$pins"
mount -t bpf bpf "$pins"
make_veth 2 # a queue per CPU: a veth picks the receive queue by the sending CPU
echo "kernel $(uname -r), $(nproc) CPUs, load average $(cut -d' ' -f1 /proc/loadavg) before the run" \
	"(with others on the machine trust CPU ns and shares, not Mpps and Gbit/s)"
if [ "$only" != iperf ]; then
	measure_rates
	rate_bar
fi
measure_iperf
iperf_bar
