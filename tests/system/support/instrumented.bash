# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests that watch what collectd does with its memory: links and a namespace that come and
# go, options that are wrong.

watched="<Interface \"b0\">
	Namespace \"$run-b\"
</Interface>
<Interface \"/^c/\">
	Namespace \"$run-b\"
	Virtual true
	XdpMode \"native\"
</Interface>"

wrong='Colour "red"
<Interface "/eth[/">
	XdpMode "fast"
</Interface>
<Flows>
	MaxFlows "abc"
</Flows>'
wrong_words='kidos: 3 options above are wrong: not started'

b0_attached() {
	interface_is "$run-b:b0" attached
}

# churn TIMES: links that come, carry packets and go, then the namespace itself
churn() {
	local i
	for ((i = 1; i <= $1; i++)); do
		make_veth a "d$i" b "c$i" || return 1
		in_ns a "$frames" "d$i" udp 100 --flows 50 || return 1
		wait_for 10 interface_is "$run-b:c$i" attached || return 1
		ip -n "$run-a" link delete "d$i"
	done
	delete_ns b
	sleep 1
	make_ns b
	make_veth a a0 b b0
	wait_for 10 b0_attached
}
