#!/bin/bash
# SPDX-License-Identifier: MIT
# Rates as collectd makes them of drops whose reason and place are seen for the first time, and for
# once: no drop is missing under the graph, also none from before the first read.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

store_rates=true
count=100

ctl() {
	"$kidosctl" --state "$state" "$@"
}

counted() {
	ctl drops --json --by reason --limit 0 "$@" | jq .selected
}

# What the rates of all files add up to.
under_graph() {
	awk -F, 'FNR == 1 { before = 0 } /epoch/ { next }
		{ if (before && $2 != "nan") sum += $2 * ($1 - before); before = $1 }
		END { printf "%.0f\n", sum }' "$@"
}

# near NAME [OPTION...]: files of packets by NAME add up to what kidosctl counts with the options,
# give or take what rounding costs and what comes meanwhile: the whole machine's drops are counted.
near() {
	local name=$1 least most sum
	shift
	least=$(counted "$@")
	wait_for 20 polled_after $(($(date +%s) + 3))
	# shellcheck disable=SC2086 # a pattern
	sum=$(under_graph "$work"/csv/kt/kidos-$name-20*)
	most=$(counted "$@")
	echo "$name: counted $least to $most, the rates make $sum"
	[ $((sum * 100)) -ge $((least * 99 - 50)) ] && [ $((sum * 100)) -le $((most * 101 + 50)) ]
}

# None of this reason or place before: a burst within an interval is all that comes.
burst() {
	local reason
	in_ns a "$frames" a0 udp "$count" --dst-mac "$nobody" >/dev/null || return
	reason=$(ctl drops --json --by reason --interface "$run-b:b0" --limit 1 | jq -r '.groups[0].reason')
	[ "$(counted --reason "$reason")" -ge "$count" ] && near "drops/packets-$reason" --reason "$reason"
}

make_ns a b
make_veth a a0 b b0
start_collectd b '<Interface "b0">
</Interface>'
wait_for 30 grep -q 'drops are counted' "$work/log" && attached b0
wait_for 20 polled_after $(($(date +%s) + 2))
check 'a reason seen once is under the graph whole' burst
for instance in drops drops.place drops.proto drops.if; do
	check "$instance: its rates make what was counted" near "$instance/packets-*"
done
stop_collectd
check 'nothing is left' nothing_left
finish
