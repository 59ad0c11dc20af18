#!/bin/bash
# SPDX-License-Identifier: MIT
# Real collectd with kidos under valgrind: traffic, interfaces and a namespace that come and go, wrong
# options, a stop. An invalid access and a block that nothing points to any more are fatal.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/instrumented.bash
. "$(dirname "$0")/support/lib.bash"
. "$(dirname "$0")/support/instrumented.bash"

export KIDOS_SLOW=${KIDOS_SLOW:-5} # valgrind

# under_valgrind CONFIG
under_valgrind() {
	start_collectd - "$1" valgrind --leak-check=full --show-leak-kinds=definite \
		--errors-for-leak-kinds=definite --keep-debuginfo=yes --num-callers=40 \
		--suppressions="$(dirname "$0")/support/valgrind.supp" --log-file="$work/report"
}

# The report ends with its sum only if valgrind came to the end.
no_error() {
	grep -q 'ERROR SUMMARY: 0 errors' "$work/report" || { grep -v "WARNING: unhandled" "$work/report" | head -n 80; return 1; }
}

make_ns a b
make_veth a a0 b b0
under_valgrind "$watched"
check 'attached' wait_for 20 b0_attached
in_ns a "$frames" a0 udp 1000 --flows 100 >/dev/null
settle
equal 'counted' 1000,0 "$(csv_last "$run-b:b0/if_packets-udp")"
check 'interfaces and a namespace come and go' churn 3
stop_collectd
check 'no error, no leak' no_error
check 'nothing is left' nothing_left
under_valgrind "$wrong"
check 'wrong options are refused' wait_for 10 logged "$wrong_words"
stop_collectd
check 'wrong options: no error, no leak' no_error
finish
