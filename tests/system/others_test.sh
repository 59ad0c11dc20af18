#!/bin/bash
# SPDX-License-Identifier: MIT
# Someone else's XDP program, clsact and filters are in the way: never replaced, intact after our
# exit, and kidos counts all the same.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

xdp_id() {
	ip -n "$run-b" -j link show b0 | jq '.[0].xdp.prog.id // empty'
}

filters() {
	tc -n "$run-b" filter show dev b0 ingress | grep -c 'u32.* fh .*flowid 1:1'
}

mode() {
	echo "<Interface \"b0\">
		XdpMode \"$1\"
	</Interface>"
}

make_ns a b
make_veth a a0 b b0
other=/sys/fs/bpf/$run-other
bpftool prog load "$build/bpf/other_xdp.bpf.o" "$other" 2>"$work/said"
in_ns b bpftool net attach xdpdrv pinned "$other" dev b0
tc -n "$run-b" qdisc add dev b0 clsact
tc -n "$run-b" filter add dev b0 ingress protocol all prio 50 u32 match u32 0 0 flowid 1:1
theirs=$(xdp_id)

if [ -z "$theirs" ]; then
	not_ok "another owner's XDP program is there" "$(cat "$work/said")"
	finish
fi
ok "another owner's XDP program is there"
start_collectd b "$(mode auto)"
check 'auto: attached at tc' attached b0
check 'auto: counts beside them' sends_counted b0
equal 'auto: their filter is there' 1 "$(filters)"
stop_collectd
check 'auto: nothing of ours is left' nothing_left
equal 'auto: their program is intact' "$theirs" "$(xdp_id)"
equal 'auto: their filter and clsact are intact' 1 "$(filters)"

start_collectd b "$(mode native)"
check 'native: refused, naming their program' wait_for 20 logged "$theirs"
check 'native: collectd goes on' kill -0 "$daemon"
check 'native: meanwhile attached at tc' attached b0
check 'native: meanwhile counts' sends_counted b0
stop_collectd
equal 'native: their program is intact' "$theirs" "$(xdp_id)"
equal 'native: their filter and clsact are intact' 1 "$(filters)"
check 'native: nothing of ours is left' nothing_left

start_collectd b "$(mode native)"
check 'while their program is there: at tc' attached b0
in_ns b bpftool net detach xdpdrv dev b0
ip -n "$run-b" link set b0 down
ip -n "$run-b" link set b0 up
check 'after it went, and an event: native' wait_for 20 logged 'received packets at xdp-native'
check 'then: counts' sends_counted b0
stop_collectd
check 'then: nothing of ours is left' nothing_left

# No offloading veth: what is received cannot be counted, what is sent can, and 0 would look exact.
start_collectd b "$(mode hw)"
check 'hw: refused' wait_for 20 interface_is b0 failed
in_ns b "$frames" b0 udp 77 --dst-mac "$nobody" >/dev/null
settle
equal 'hw: sent packets are counted' 77 "$(csv_last b0/if_packets-udp | cut -d, -f2)"
equal 'hw: these are measured, received ones are not' 'nan 0.000000' \
	"$(csv_last b0/gauge-unaccounted_rx) $(csv_last b0/gauge-unaccounted_tx)"
equal 'hw: kidosctl knows no number either' 'null 0' \
	"$(ctl status --json | jq -r '.interfaces[0] | "\(.rx.unaccounted) \(.tx.unaccounted)"')"
stop_collectd
check 'hw: nothing is left' nothing_left
finish
