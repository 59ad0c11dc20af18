#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 5.10
# Many interfaces: none takes a descriptor, none holds up the start, a poll, a request or the stop.
# What a daemon that was killed left is taken back, by the next start or by kidosctl cleanup; and
# what cannot be looked at for want of descriptors is left alone.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

links=150
[ "${KIDOS_SLOW:-1}" -le 1 ] || links=20
config='<Interface "/^v/">
	Virtual true
</Interface>'

make_links() {
	local i
	for ((i = 1; i <= links; i++)); do
		echo "link add v$i arp off up type veth peer name p$i netns $run-a"
	done | ip -n "$run-b" -batch -
}

count_logged() {
	grep -c "$1" "$work/log"
}

# As the kernel has them: hooks where a program of ours is.
at_hooks() {
	in_ns b bpftool -j net show | jq '[.. | objects | select((.name // "") | startswith("kidos_"))] | length'
}

# attached_to COUNT: links with both directions attached
all_attached() {
	[ "$(count_logged 'received packets at')" -ge "$links" ]
}

some_attached() {
	[ "$(count_logged 'received packets at')" -ge 3 ]
}

none_at_hooks() {
	[ "$(at_hooks)" = 0 ] && [ "$(in_ns b tc qdisc show | grep -c clsact)" = 0 ]
}

open_descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 | wc -l
}

# start_limited LIMIT [CONFIG]
start_limited() {
	start_collectd b "${2:-$config}" prlimit --nofile="$1:4096"
}

few_descriptors() {
	open_descriptors
	[ "$(open_descriptors)" -lt 128 ]
}

said_waiting() {
	ctl status --json | jq -r '.interfaces[] | select(.state == "waiting") | .reason' | sort | uniq -c
	[ "$(ctl status --json | jq -r '[.interfaces[] | select(.state == "waiting").reason][0]')" = 'being attached' ]
}

stops_quickly() {
	stop_collectd
	echo "down in $stopped_ms ms"
	[ "$stopped_ms" -le $((2000 * ${KIDOS_SLOW:-1})) ]
}

# With all descriptors taken, events and polls come and nothing is taken for gone.
starved() {
	local before
	before=$(at_hooks)
	prlimit --pid "$daemon" --nofile=3:4096
	ip -n "$run-b" link set v1 down
	ip -n "$run-b" link set v1 up
	sleep 2
	prlimit --pid "$daemon" --nofile=256:4096
	settle
	echo "attached: $before, then $(at_hooks)"
	[ "$(at_hooks)" = "$before" ] && ! grep ': gone$' "$work/log"
}

cleaned() {
	"$kidosctl" --state "$state" cleanup && [ ! -e "$state" ] && wait_for 10 none_at_hooks
}

in_b() {
	in_ns b "$kidosctl" --state "$state" cleanup
}

make_ns a b
make_links
start_limited 256
check 'waits are said while the rest is attached' wait_for 20 said_waiting
check 'and a request is answered meanwhile' ctl collector flows on
check 'all are attached' wait_for 60 all_attached
check 'without descriptors of their own' few_descriptors
check 'with none to be had: nothing is taken for gone' starved
check 'cleanup beside it: refused' eval '! in_b'
check 'and nothing is harmed' eval '[ "$(at_hooks)" != 0 ]'
kill_collectd
check 'killed: its programs are still there' eval '[ "$(at_hooks)" != 0 ]'
check 'cleanup: all of it goes' in_b
check 'cleanup: from the interfaces too' wait_for 20 none_at_hooks
check 'cleanup: with nothing left to clean' in_b
start_limited 256 "MaxInterfaces 2
$config"
check 'beyond MaxInterfaces: attached' wait_for 60 all_attached
kill_collectd
start_collectd b '<Interface "none">
</Interface>'
check 'beyond MaxInterfaces: taken back by the next start' wait_for 20 none_at_hooks
stop_collectd
start_collectd b "$config"
check 'stop while attaching: some are attached' wait_for 20 some_attached
check 'stop while attaching: at once' stops_quickly
check 'stop while attaching: nothing is left' wait_for 20 none_at_hooks
check 'nothing is left' nothing_left
finish
