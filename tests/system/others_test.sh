#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: yes
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
stop_collectd
equal 'native: their program is intact' "$theirs" "$(xdp_id)"
equal 'native: their filter and clsact are intact' 1 "$(filters)"
check 'native: nothing of ours is left' nothing_left
in_ns b bpftool net detach xdpdrv dev b0
finish
