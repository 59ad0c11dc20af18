#!/bin/bash
# SPDX-License-Identifier: MIT
# Ordinary reasons for drops over restarts: what was learned stays benign, what was not is not, and
# the time to learn does not begin anew. A damaged file is told of by its line, and replaced.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

udp=$top/tests/tools/udp-frames.py
file=$work/kidos-reasons

start() {
	start_collectd b '<Interface "b0">
		</Interface>
		<Drops>
		  LearnTime '"$1"'
		</Drops>'
	wait_for 30 grep -q 'drops are counted' "$work/log" && attached b0 && polled
}

polled() {
	wait_for 20 polled_after $(($(date +%s) + 3))
}

wrong_host() {
	in_ns a "$frames" a0 udp 20 --dst-mac "$nobody"
}

wrong_sum() {
	in_ns a "$udp" a0 "$mac" 20 --bad-sum
}

# value REASON: drops of that series, as the newest value has them
value() {
	local got
	got=$(csv_last "drops/packets-$1" | cut -d. -f1)
	echo "${got:-0}"
}

value_is_20_more() {
	[ $(($(value "$1") - $2)) -ge 20 ]
}

# gains REASON COMMAND: the drops that it makes are in this series
gains() {
	local before
	before=$(value "$1")
	"$2" >/dev/null || return
	wait_for 10 value_is_20_more "$1" "$before"
}

learned() {
	grep -qx "$1" "$file"
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-b" addr add 10.9.0.2/24 dev b0
mac=$(ip -n "$run-b" -j link show dev b0 | jq -r '.[0].address')
start 12
wrong_host >/dev/null
if ! wait_for 5 learned OTHERHOST; then
	skip 'ordinary reasons over restarts' 'this kernel tells no reasons'
	stop_collectd
	finish
fi
began=$(sed -n 's/^since //p' "$file")
sleep 12
check 'after its time a learned reason is benign' gains benign wrong_host
stop_collectd
# The whole machine is learned from, and this may have come up there.
sed -i /UDP_CSUM/d "$file"
cp "$file" "$work/kept"
start 12
equal 'the time began when it did' "$began" "$(sed -n 's/^since //p' "$file")"
check 'restarted: what was learned is benign still' gains benign wrong_host
equal 'restarted: it has no series of its own' 0 "$(value OTHERHOST)"
check 'restarted: what was not learned is not' gains UDP_CSUM wrong_sum
check 'nor is it learned now' cmp "$file" "$work/kept"
stop_collectd
sed -i '4s/.*/not a name/' "$file"
start 100
check 'a damaged file is told of by its line' logged "$file, line 4: not as kidos writes it"
check 'it is learned anew' gains OTHERHOST wrong_host
check 'and written anew' grep -qx OTHERHOST "$file"
check 'from now on' test "$(sed -n 's/^since //p' "$file")" -gt "$began"
stop_collectd
check 'nothing is left' nothing_left
finish
