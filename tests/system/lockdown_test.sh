#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# What kidos does under each level of lockdown. Confidentiality takes the helper away that programs
# read kernel memory with: BTF-typed tracepoints do without, and headers stay unread. `dev kernels`
# starts a guest at integrity that this test may lock down further, for no level is ever left again.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

security=/sys/kernel/security
udp=$top/tests/tools/udp-frames.py

# lockdown COMMAND...: in a mount namespace that has securityfs, where the machine may have none
lockdown() {
	unshare -m sh -c "[ -e $security/lockdown ] || mount -t securityfs none $security; $*" 2>/dev/null
}

level() {
	lockdown cat $security/lockdown | sed 's/.*\[\(.*\)\].*/\1/'
}

# By class, what b0 received for nobody.
dropped() {
	ctl drops --json --by proto --limit 0 --interface "$run-b:b0" --reason NO_SOCKET |
		jq -c '[.groups[] | {(.proto): .packets}] | add // {}'
}

dropped_are() {
	[ "$(dropped)" = "$1" ]
}

cannot_read() {
	status_text --json | jq '.drops.cannot_see | contains("addresses, ports and protocols of IP (kernel lockdown)")'
}

start() {
	start_collectd b "<Interface \"b0\">
		</Interface>
		<Drops>
		  $2
		</Drops>"
	counts_from_start "$1"
}

tests_of_level=(attached counted 'the rung' 'status tells whether headers are read' 'drops counted'
	'nothing is left')

# best_rung LEVEL UNREAD DROPS
best_rung() {
	start "$1" ''
	equal "$1: the rung" 1 "$(grep -c 'drops are counted at tp_btf_socket$' "$work/log")"
	equal "$1: status tells whether headers are read" "$2" "$(cannot_read)"
	in_ns a "$udp" a0 "$(mac_of b b0)" 20
	wait_for 5 dropped_are "$3"
	equal "$1: drops counted" "$3" "$(dropped)"
	stop_collectd
	check "$1: nothing is left" nothing_left
}

# without LEVEL TEST...
without() {
	local wanted=$1 name
	shift
	for name in "$@"; do
		skip "$name" "lockdown is ${is:-not there}, not $wanted"
	done
}

# A forced rung that reads through the helper.
refused='confidentiality, raw_tp_socket'
refused_rung() {
	start "$refused" 'Probe "raw_tp_socket"'
	equal "$refused: one line tells why not" 1 \
		"$(grep -cF 'drops are not counted: raw_tp_socket did not load: Invalid argument' "$work/log")"
	stop_collectd
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-b" addr add 10.9.0.2/24 dev b0

is=$(level)
if [ "$is" = integrity ]; then
	best_rung integrity false '{"udp":20}'
else
	without integrity "${tests_of_level[@]/#/integrity: }"
fi
[ -z "${KIDOS_MAY_LOCK_DOWN:-}" ] || lockdown "echo confidentiality >$security/lockdown"
is=$(level)
if [ "$is" = confidentiality ]; then
	best_rung confidentiality true '{"other_ip":20}'
	refused_rung
else
	without confidentiality "${tests_of_level[@]/#/confidentiality: }" \
		"$refused: attached" "$refused: counted" "$refused: one line tells why not"
fi
finish
