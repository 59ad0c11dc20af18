#!/bin/bash
# SPDX-License-Identifier: MIT
# How many packets a second are dropped on a veth, the sender's share included, by a policy of kidos
# (flows counted all the while) at native XDP and at tc, by nftables at its netdev hook with a small set
# and with 90,000 ranges, and by iptables.
#   policy.sh [--build DIR] [--frames N] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

frames=2000000 rounds=3
take_options 'build frames rounds' "$@"
pins=/sys/fs/bpf/kt-bench-$$
state=$pins/state
work=$(mktemp -d)

cleanup() {
	stop_daemon
	delete_veth
	rm -rf "$work" "$pins"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Nothing that the generator sends is permitted.
write_file() {
	echo '{ "permitted_cidrs": ["127.0.0.0/8"] }' >"$work/permitted.json"
	chmod 644 "$work/permitted.json"
}

# kidos_start MODE
kidos_start() {
	local tries
	write_config "<Interface \"vrx\">;XdpMode \"$1\";Egress false;</Interface>;<Drops>;Enabled false;</Drops>;<Policy>;PermittedFile \"$work/permitted.json\";Action \"drop\";</Policy>"
	: >"$work/log"
	start_daemon collectd -f -C "$work/collectd.conf"
	for tries in {1..100}; do
		! grep -q 'received packets at' "$work/log" || return 0
		sleep 0.1
	done
	cat "$work/log" >&2
	return 1
}

# A set of ranges that hold all that is sent, or 90,000 of which one does.
nft_start() {
	{
		echo 'table netdev bench {'
		echo 'set refused { type ipv4_addr; flags interval; elements = {'
		seq 0 $(($1 - 3)) | awk '{ printf "198.%d.%d.%d-198.%d.%d.%d,\n", $1 / 16384, $1 / 64 % 256, $1 % 64 * 4, $1 / 16384, $1 / 64 % 256, $1 % 64 * 4 + 1 }'
		echo '0.0.0.0-126.255.255.255, 128.0.0.0-197.255.255.255 } }'
		echo 'chain drops { type filter hook ingress device "vrx" priority 0; ip saddr @refused drop; }'
		echo '}'
	} >"$work/rules"
	in_rx nft -f "$work/rules"
}

subjects='xdp tc nft-small nft-90k iptables'

start_subject() {
	case $1 in
	xdp) kidos_start native ;;
	tc) kidos_start tc ;;
	nft-small) nft_start 2 ;;
	nft-90k) nft_start 90000 ;;
	iptables) in_rx iptables -t raw -A PREROUTING -i vrx ! -s 127.0.0.0/8 -j DROP ;;
	esac
}

stop_subject() {
	case $1 in
	xdp | tc) stop_daemon ;;
	nft*) in_rx nft delete table netdev bench ;;
	iptables) in_rx iptables -t raw -F PREROUTING ;;
	esac
}

rate() {
	in_tx "$build/tests/tools/xdp-generator" vtx "$frames" --flows 1000 |
		sed -n 's/.* \([0-9.]*\) Mpps.*/\1/p' | head -n 1
}

# They take turns, so that a slow moment of the machine falls on all of them.
measure() {
	local round subject
	for ((round = 0; round < rounds; round++)); do
		for subject in $subjects; do
			start_subject "$subject" 2>"$work/$subject.why" || continue
			rate >>"$work/$subject.rate"
			stop_subject "$subject"
		done
	done
}

report() {
	local subject
	printf '%-12s %8s %10s\n' dropped Mpps 'ns/packet'
	for subject in $subjects; do
		if [ -s "$work/$subject.rate" ]; then
			awk -v name="$subject" -v rate="$(median <"$work/$subject.rate")" \
				'BEGIN { printf "%-12s %8.2f %10.0f\n", name, rate, 1000 / rate }'
		else
			printf '%-12s not here: %s\n' "$subject" "$(head -n 1 "$work/$subject.why")"
		fi
	done
}

[ "$(id -u)" = 0 ] || { echo 'policy.sh needs root' >&2; exit 2; }
mkdir "$pins"
make_veth 1
write_file
measure
report
