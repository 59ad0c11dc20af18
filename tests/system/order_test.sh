#!/bin/bash
# SPDX-License-Identifier: MIT
# At tcx another's program comes later, before ours, and drops: ours goes first again; while one
# insists, what is counted is not called exact.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

# Another's program, first at b0, if the kernel has tcx.
first() {
	nsenter --net="/run/netns/$run-b" "$build/tests/tools/tcx-first" b0 >"$work/first-$1" 2>&1 &
	started+=($!)
	wait_for 10 grep -q . "$work/first-$1" && grep -q '^[0-9]' "$work/first-$1"
}

exact_is() {
	[ "$(ctl status --json | jq -r '.interfaces[0].exact')" = "$1" ]
}


make_ns a b
make_veth a a0 b b0
names=('it is before ours' 'ours goes first again' 'and counts' 'one that insists: not exact'
	'which kidosctl explains' 'once that is gone: exact' 'and counts all')
if ! first probe; then
	for name in "${names[@]}" 'nothing is left'; do
		skip "$name" "no tcx here: $(cat "$work/first-probe")"
	done
	skip 'nothing is unaccounted at rest' 'no tcx here'
	finish
fi
kill "${started[-1]}"
wait "${started[-1]}" 2>/dev/null
start_collectd b '<Interface "b0">
</Interface>'
attached b0
check "${names[0]}" first one
check "${names[1]}" wait_for 20 logged "program $(cat "$work/first-one") runs before ours, which goes first again"
check "${names[2]}" sends_counted b0
first two
check "${names[3]}" wait_for 20 exact_is false
check "${names[4]}" eval 'status_text | grep "program $(cat "$work/first-two") runs before ours"'
kill "${started[-1]}"
check "${names[5]}" wait_for 20 exact_is true
check "${names[6]}" sends_counted b0
stop_collectd
check 'nothing is left' nothing_left
finish
