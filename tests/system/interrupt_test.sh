#!/bin/bash
# SPDX-License-Identifier: MIT
# Ctrl-C while a demo or a test runs: no namespace, no state, no process is left.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

# As a terminal's foreground job: a process group of its own that hears SIGINT.
start_job() {
	setsid env --default-signal=INT "$@" </dev/null >"$work/job" 2>&1 &
	job=$!
	started+=("$job")
}

running() {
	pgrep -s "$job" >/dev/null
}

ended() {
	! running
}

# interrupt NAME STATE NAMESPACES: a Ctrl-C once the daemon's state is there
interrupt() {
	local name=$1 path=$2 spaces=$3
	if ! wait_for 30 test -e "$path/meta"; then
		not_ok "$name: runs" "$(tail -n 20 "$work/job")"
		return
	fi
	ok "$name: runs"
	kill -INT -- "-$job"
	check "$name: ends" wait_for 20 ended
	equal "$name: its state and pins are gone" '' "$(compgen -G "$path*")"
	equal "$name: its namespaces are gone" '' "$(ip netns list | grep "^$spaces")"
}

start_job env KIDOS_RUN=$$ "$top/tests/run-tap" "$work/results" others bash "$top/tests/system/others_test.sh"
interrupt 'a test' "/sys/fs/bpf/kt-$$-others" "kt-$$-others"

if ip netns list | grep -q '^kd-'; then
	skip 'the demo: runs' 'a demo is running'
else
	start_job "$top/dev" demo
	interrupt 'the demo' /sys/fs/bpf/kidos-demo kd-
fi
finish
