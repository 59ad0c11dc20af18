#!/bin/bash
# SPDX-License-Identifier: MIT
# The plugin built with ASan and UBSan, in real collectd: traffic, an interface and a namespace that
# come and go, wrong options, a stop. A report that names kidos fails, a leak too; collectd's own
# leaks are not ours to judge.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/instrumented.bash
. "$(dirname "$0")/support/lib.bash"
. "$(dirname "$0")/support/instrumented.bash"

plugin_dir=$top/build-asan/plugin
# First among the libraries, as ASan demands: collectd itself is not built with it.
runtime=$(ldd "$plugin_dir/kidos.so" | awk '/libasan/ { print $3 }')
export ASAN_OPTIONS=detect_leaks=1:log_path=$work/report:exitcode=0
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/report

config="$watched
<Alerts>
	CoolDown 1
</Alerts>"

# An alert from its start to its end, which collectd's logfile takes too. A share is of what two polls
# have seen.
alert() {
	settle || return 1
	in_ns a "$frames" a0 udp 3000 --dst-mac "$nobody" || return 1
	wait_for 10 logged 'drop_share on' && wait_for 10 logged 'over after'
}

switched() {
	local name
	for name in flows drops alerts; do
		ctl collector "$name" off && ctl collector "$name" on || return 1
	done
	wait_for 10 b0_attached
}

no_report() {
	local file bad=0
	for file in "$work"/report*; do
		[ -e "$file" ] || continue
		! grep -q kidos "$file" || { head -n 60 "$file"; bad=1; }
	done
	return "$bad"
}

make_ns a b
make_veth a a0 b b0
start_collectd - "$config" env LD_PRELOAD="$runtime"
check 'attached' wait_for 20 b0_attached
check 'the plugin in use is the instrumented one' grep -q libasan "/proc/$daemon/maps"
check 'interfaces and a namespace come and go' churn 5
check 'an alert starts and ends' alert
check 'collectors are switched off and on' switched
stop_collectd
check 'nothing is left' nothing_left
check 'no report, no leak' no_report
start_collectd - "$wrong" env LD_PRELOAD="$runtime"
check 'wrong options are refused' wait_for 10 logged "$wrong_words"
stop_collectd
check 'wrong options: no report, no leak' no_report
finish
