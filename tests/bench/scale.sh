#!/bin/bash
# SPDX-License-Identifier: MIT
# How long collectd takes from its exec until it is initialized, until kidos has attached to a veth
# in each of many namespaces, and to each of many veths in one; the longest poll meanwhile, and how
# long the stop takes. Beside the latter: a bare loop that makes the same links, in the same run.
#   scale.sh [--build DIR] [--namespaces N] [--links "N..."] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

namespaces=40 links='10 60 200 500' rounds=3
take_options 'build namespaces links rounds' "$@"
state=/sys/fs/bpf/kt-scale-$$
work=$(mktemp -d)

name() { echo "kt-scale-$$-$1"; }

numbers() { seq 1 "$namespaces"; }

cleanup() {
	local i
	stop_daemon
	ip netns del $rx 2>/dev/null || true
	for i in far $(numbers); do
		ip netns del "$(name "$i")" 2>/dev/null || true
	done
	rm -rf "$work" "$state"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

make_namespaces() {
	local i
	for i in $(numbers); do
		echo "netns add $(name "$i")"
		echo "link add far$i netns $rx arp off type veth peer name near netns $(name "$i")"
	done | ip -batch -
	for i in $(numbers); do
		ip -n "$(name "$i")" link set near arp off up
	done
}

# make_links FROM TO
make_links() {
	local i
	for ((i = $1; i <= $2; i++)); do
		echo "link add v$i arp off up type veth peer name p$i netns $(name far)"
	done | ip -n $rx -batch -
}

namespaces_config() {
	local i
	for i in $(numbers); do
		printf '<Interface "near">\n  Namespace "%s"\n</Interface>\n' "$(name "$i")"
	done
}

links_config() {
	printf '<Interface "/^v/">\n  Virtual true\n</Interface>\n'
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

longest_poll_ms() {
	{ cat "$work"/csv/kt-bench/kidos-self/latency-poll-* 2>/dev/null || :; } |
		awk -F, '$2 + 0 > most { most = $2 + 0 } END { print int(1000 * most) }'
}

# A descriptor may be closed while it is looked at.
own_programs() { { sed -n 's/^prog_id:[[:space:]]*/prog /p' "/proc/$daemon/fdinfo/"* 2>/dev/null || :; } | sort -u; }
open_descriptors() { { find "/proc/$daemon/fd" -mindepth 1 2>/dev/null || :; } | wc -l; }

# Until the kernel has detached from what the daemon left to it: then its programs go.
wait_detached() {
	local end=$((SECONDS + 60))
	while comm -12 <(echo "$1") <("$build/tests/tools/bpf-ids" | sort) | grep -q . && [ $SECONDS -le $end ]; do
		sleep 0.1
	done
}

# start_once COUNT: one line of the log for each interface; the log is a pipe, so that it is known at
# once. Sets what is in the row.
start_once() {
	local line initialized='' attached=0 since programs
	rm -rf "$work/csv"
	since=$(now_ms)
	start_daemon collectd -f -C "$work/collectd.conf"
	until [ -n "$initialized" ] && [ "$attached" = "$1" ]; do
		IFS= read -rt 120 -u "$log" line || { echo 'collectd does not start' >&2; return 1; }
		case "$line" in
		*'Initialization complete'*) initialized=$(($(now_ms) - since)) ;;
		*'received packets at'*) attached=$((attached + 1)) ;;
		esac
	done
	row=("$initialized" $(($(now_ms) - since - initialized)) "$(cpu_ms)" "$(open_descriptors)"
		$(($(awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status") / 1024)))
	programs=$(own_programs)
	since=$(now_ms)
	kill -TERM "$daemon"
	wait "$daemon" || true
	daemon=''
	row+=($(($(now_ms) - since)))
	wait_detached "$programs"
	row+=($(($(now_ms) - since)) "$(longest_poll_ms)")
	while IFS= read -rt 0 -u "$log"; do read -r -u "$log" _; done
}

heads='%10s %12s %12s %10s %12s %8s %8s %10s %14s\n'
names=(initialized 'then all' 'CPU time' descriptors 'RSS MB' stop 'then detached' 'longest poll')

measure_namespaces() {
	local round
	write_config "MaxInterfaces $((namespaces + 1));$(namespaces_config)"
	echo "$namespaces namespaces, an interface in each; in ms"
	# shellcheck disable=SC2059 # a format
	printf "$heads" round "${names[@]}"
	for ((round = 1; round <= rounds; round++)); do
		start_once "$namespaces"
		# shellcheck disable=SC2059
		printf "$heads" "$round" "${row[@]}"
	done
}

# The bare loop holds a descriptor for each link.
bare_ms() {
	(ulimit -n 4096 && in_rx "$build/tests/bench/attach" v "$1") || echo -
}

measure_links() {
	local count bare there=0
	echo "Links in one namespace; in ms"
	# shellcheck disable=SC2059
	printf "%10s $heads" 'bare loop' links "${names[@]}"
	for count in $links; do
		make_links $((there + 1)) "$count"
		there=$count
		write_config "MaxInterfaces $((count + 1));$(links_config)"
		bare=$(bare_ms "$count")
		start_once "$count"
		# shellcheck disable=SC2059
		printf "%10s $heads" "$bare" "$count" "${row[@]}"
	done
}

[ "$(id -u)" = 0 ] || { echo 'scale.sh needs root' >&2; exit 2; }
printf 'netns add %s\n' $rx "$(name far)" | ip -batch -
open_log
make_namespaces
[ "$namespaces" = 0 ] || measure_namespaces
[ -z "$links" ] || measure_links
