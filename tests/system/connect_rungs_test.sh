#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 7.2
# Connections with real collectd on every rung that this kernel has: attempts, outcomes, accepts and
# bytes of commands of our own, in kidosctl and in values; what a rung cannot see is said.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/connects.bash
. "$(dirname "$0")/support/connects.bash"

connect() {
	in_ns b "$connects" "$@"
}

top_is() {
	[ "$(ctl top --json --limit 0 | jq --arg name "$1" "[.top[] | select(.command == \$name) | .$2] | add // 0")" = "$3" ]
}

value_is() {
	[ "$(csv_last "$1" | cut -d. -f1)" = "$2" ]
}

# counts NAME: by commands of this rung's own, since another's counts are gone with its collectd
counts() {
	connect kt-refused refused 10 127.0.0.1 9
	connect kt-open later 5 127.0.0.1 8000
	check "$1: refused" wait_for 20 top_is kt-refused failed 10
	check "$1: accepts" wait_for 10 top_is kt-server accepts 5
	check "$1: nothing is lost" eval 'top_is kt-open lost 0 && top_is kt-open pending 0'
	check "$1: attempts in values" wait_for 20 value_is connects/total_connections-kt-open 5
	check "$1: events" eval '[ "$(ctl connections --json --command kt-refused --outcome refused | jq .selected)" = 10 ]'
	check "$1: status says what it cannot see" eval 'ctl status --json | jq -e ".connects.cannot_see | length > 0"'
}

make_ns b
ip -n "$run-b" link set lo up
nsenter --net="/run/netns/$run-b" "$connects" kt-server listen 8000 >/dev/null 2>&1 &
started+=($!)
wait_for 20 eval 'in_ns b ss -Hltn | grep -q :8000'
for probe in auto fentry kprobe tracepoint cgroup; do
	if start_connects "Probe \"$probe\"" ''; then
		echo "# $probe is $rung"
		counts "$probe"
	else
		skip "$probe: refused" "$(sed -n 's/.*connections are not counted: //p' "$work/log" | head -n 1)"
		check "$probe: one line says why, and collectd goes on" eval \
			'[ "$(grep -c "connections are not counted" "$work/log")" = 1 ] && kill -0 "$daemon"'
	fi
	stop_collectd
done
check 'nothing is left' nothing_left
finish
