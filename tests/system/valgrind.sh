#!/bin/bash
# SPDX-License-Identifier: MIT
# Real collectd with kidos under valgrind: traffic, interfaces and a namespace that come and go, wrong
# options, a stop. An invalid access and a block that nothing points to any more are fatal.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

export KIDOS_SLOW=${KIDOS_SLOW:-5} # valgrind
config="<Interface \"b0\">
	Namespace \"$run-b\"
</Interface>
<Interface \"/^c/\">
	Namespace \"$run-b\"
	Virtual true
	XdpMode \"native\"
</Interface>"

# under_valgrind CONFIG
under_valgrind() {
	start_collectd - "$1" valgrind --leak-check=full --show-leak-kinds=definite \
		--errors-for-leak-kinds=definite --keep-debuginfo=yes --num-callers=40 \
		--suppressions="$(dirname "$0")/valgrind.supp" --log-file="$work/report"
}

attached_now() {
	"$kidosctl" --state "$state" status --json |
		jq -e --arg name "$run-b:$1" '.interfaces[] | select(.interface == $name and .state == "attached")'
}

churn() {
	local i
	for i in 1 2 3; do
		make_veth a "d$i" b "c$i" || return 1
		in_ns a "$frames" "d$i" udp 100 --flows 50 || return 1
		wait_for 10 attached_now "c$i" || return 1
		ip -n "$run-a" link delete "d$i"
	done
	delete_ns b
	sleep 1
	make_ns b
	make_veth a a0 b b0
	wait_for 10 attached_now b0
}

# The report ends with its sum only if valgrind came to the end.
no_error() {
	grep -q 'ERROR SUMMARY: 0 errors' "$work/report" || { grep -v "WARNING: unhandled" "$work/report" | head -n 80; return 1; }
}

make_ns a b
make_veth a a0 b b0
under_valgrind "$config"
check 'attached' wait_for 20 attached_now b0
in_ns a "$frames" a0 udp 1000 --flows 100 >/dev/null
settle
equal 'counted' 1000,0 "$(csv_last "$run-b:b0/if_packets-udp")"
check 'interfaces and a namespace come and go' churn
stop_collectd
check 'no error, no leak' no_error
check 'nothing is left' nothing_left
under_valgrind 'Colour "red"
<Interface "/eth[/">
	XdpMode "fast"
</Interface>
<Flows>
	MaxFlows "abc"
</Flows>'
check 'wrong options are refused' wait_for 10 logged 'kidos: 3 options above are wrong: not started'
stop_collectd
check 'wrong options: no error, no leak' no_error
finish
