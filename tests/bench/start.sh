#!/bin/bash
# SPDX-License-Identifier: MIT
# How long collectd takes from its exec until it is initialized, and until kidos has attached to a
# veth, with several configurations of kidos that take turns, and how much CPU time of its own. The
# second differs less where others share the machine.
#   start.sh [--build DIR] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

rounds=7
take_options 'build rounds' "$@"
state=/sys/fs/bpf/kt-bench-$$
work=$(mktemp -d)
bar_ms=600 # all collectors, until the veth is attached

# Name | lines in <Plugin kidos>
subjects='default|
flows only|<Drops>;Enabled false;</Drops>;<Connects>;Enabled false;</Connects>
all|<Alerts>;Enabled true;</Alerts>'

cleanup() {
	stop_daemon
	delete_veth
	rm -rf "$work" "$state"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# start_once: sets initialized and attached, in ms since the exec, and cpu
start_once() {
	local line since=${EPOCHREALTIME/./}
	initialized='' attached=''
	start_daemon collectd -f -C "$work/collectd.conf"
	until [ -n "$initialized" ] && [ -n "$attached" ]; do
		IFS= read -rt 30 -u "$log" line || { echo 'collectd does not start' >&2; return 1; }
		case "$line" in
		*'Initialization complete'*) initialized=$(((${EPOCHREALTIME/./} - since) / 1000)) ;;
		*'received packets at'*) attached=$(((${EPOCHREALTIME/./} - since) / 1000)) ;;
		esac
	done
	cpu=$(cpu_ms)
	stop_daemon
	while IFS= read -rt 0 -u "$log"; do read -r -u "$log" _; done
}

measure() {
	local round name lines
	for ((round = 0; round < rounds; round++)); do
		while IFS='|' read -r name lines <&3; do
			write_config "<Interface \"vrx\">;</Interface>;$lines"
			start_once
			echo "$initialized" >>"$work/$name.initialized"
			echo "$attached" >>"$work/$name.attached"
			echo "$cpu" >>"$work/$name.cpu"
		done 3<<<"$subjects"
	done
}

# spread FILE: the least, the median and the most
spread() {
	printf '%s / %s / %s' "$(sort -n "$1" | head -n 1)" "$(median <"$1")" "$(sort -n "$1" | tail -n 1)"
}

report() {
	local name
	printf '%-12s %22s %22s %22s\n' 'ms' 'initialized' 'veth attached' 'CPU time'
	while IFS='|' read -r name _; do
		printf '%-12s %22s %22s %22s\n' "$name" "$(spread "$work/$name.initialized")" \
			"$(spread "$work/$name.attached")" "$(spread "$work/$name.cpu")"
	done <<<"$subjects"
}

[ "$(id -u)" = 0 ] || { echo 'start.sh needs root' >&2; exit 2; }
make_veth 1
open_log
measure
echo "kernel $(uname -r), load average $(cut -d' ' -f1 /proc/loadavg) after the run; least, median and most" \
	"of $rounds starts"
report
least=$(sort -n "$work/all.attached" | head -n 1)
echo "all collectors, the quickest start: $least ms, at most $bar_ms"
[ "$least" -le "$bar_ms" ]
