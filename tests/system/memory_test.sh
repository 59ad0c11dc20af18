#!/bin/bash
# SPDX-License-Identifier: MIT
# In a control group with less memory than MemoryLimit the flow table is smaller, and no slower one of
# the same size; collectd lives on when it fills.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

v1=/sys/fs/cgroup/memory v2=/sys/fs/cgroup group=''

# A group that may have 64 MB; false where there is no way to make one.
make_group() {
	if [ -e "$v1/memory.limit_in_bytes" ]; then
		group=$v1/$run && limit=$group/memory.limit_in_bytes
	elif grep -qw memory "$v2/cgroup.subtree_control" 2>/dev/null; then
		group=$v2/$run && limit=$group/memory.max
	else
		return 1
	fi
	mkdir "$group" && echo $((64 << 20)) >"$limit"
}

# Runs a command in the group.
# shellcheck disable=SC2016 # the inner shell's
in_group=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"')

room() {
	sed -n 's/.*room for \([0-9]*\) flows.*/\1/p' "$work/log"
}

fills() {
	in_ns a "$build/tests/tools/xdp-generator" a0 300000 --flows 65536 >/dev/null 2>&1
	settle
	kill -0 "$daemon" && ! logged 'kernel hash map' && [ "$(ctl status --json | jq -r .table.rung)" != 'kernel hash map' ]
}

name='in a group of 64 MB'
if ! make_group; then
	skip "$name: attached" 'no control group for memory can be made'
	finish
fi
trap 'status=$?; stop_collectd; rmdir "$group"; (exit $status); leave' EXIT
make_ns a b
make_veth a a0 b b0
start_collectd b '<Interface "b0">
	</Interface>
	MemoryLimit "512M"
	<Flows>
	  MaxFlows 4194304
	</Flows>' "${in_group[@]}" "$group"
check "$name: attached" attached b0
echo "# room for $(room) flows"
check "$name: a smaller table" eval '[ "$(room)" -ge 16384 ] && [ "$(room)" -le 131072 ]'
check "$name: collectd lives on when it fills" fills
stop_collectd

start_collectd b '<Interface "b0">
	</Interface>' "${in_group[@]}" "$group"
check "$name, by default: attached" attached b0
stop_collectd
check 'nothing is left' nothing_left
finish
