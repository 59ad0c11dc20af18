#!/bin/bash
# SPDX-License-Identifier: MIT
# What a veth carries without kidos, with it, and with softflowd and pmacctd in
# its place, and how many of the packets each of them saw; then iperf3 TCP in
# each XdpMode. Needs root, iproute2, bpftool, ethtool, iperf3; softflowd and
# pmacct where there are.
#   veth.sh [--build DIR] [--frames N] [--seconds N] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=lib.bash
set -euo pipefail
. "$(dirname "$0")/lib.bash"

frames=3000000 seconds=3 rounds=5
take_options 'build frames seconds rounds' "$@"
# libbpf makes underscores of the dots in a path that maps are pinned to
work=$(mktemp -d /tmp/kt-bench-XXXXXX)
pins=$work/bpf

cleanup() {
	stop_daemon
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

iperf_once() { # Gbit/s
	local server
	nsenter --net=/run/netns/$rx iperf3 -s -1 >/dev/null &
	server=$!
	sleep 0.3
	in_tx iperf3 -c 10.99.0.2 -t "$seconds" -A 0,1 -f m |
		awk '/receiver/ { printf "%.2f\n", $(NF - 2) / 1000 }'
	wait $server
}

measure_iperf() {
	local modes="bare tc generic native" mode
	# as a veth comes; the generator needed it on
	in_rx ethtool -K vrx gro off
	ip -n $tx link set vtx arp on
	ip -n $rx link set vrx arp on
	ip -n $tx addr add 10.99.0.1/30 dev vtx
	ip -n $rx addr add 10.99.0.2/30 dev vrx
	for _ in $(seq "$rounds"); do
		for mode in $modes; do
			"${mode}_start"
			iperf_once >>"$work/iperf.$mode"
			"${mode}_stop"
		done
	done
	printf '\n%-10s %9s %8s   (medians of %s, in turn)\n' iperf3 Gbit/s of_bare "$rounds"
	for mode in $modes; do
		median <"$work/iperf.$mode" >"$work/median.$mode"
		awk -v mode="$mode" -v bare="$(cat "$work/median.bare")" \
			'{ printf "%-10s %9.2f %7.1f%%\n", mode, $1, 100 * $1 / bare }' "$work/median.$mode"
	done
	awk -v bare="$(cat "$work/median.bare")" '{
		printf "\nbar: XdpMode auto (tc on a veth) within 2 %% of the bare veth: %.1f %%, %s\n",
			100 * $1 / bare, ($1 >= 0.98 * bare) ? "pass" : "MISS" }' "$work/median.tc"
}

mkdir "$pins"
mount -t bpf bpf "$pins"
make_veth 2 # a queue per CPU: a veth picks the receive queue by the sending CPU
echo "kernel $(uname -r), $(nproc) CPUs, load average $(cut -d' ' -f1 /proc/loadavg) before the run" \
	"(with others on the machine trust CPU ns and shares, not Mpps and Gbit/s)"
measure_rates
rate_bar
measure_iperf
