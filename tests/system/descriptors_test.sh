#!/bin/bash
# SPDX-License-Identifier: MIT
# Many interfaces: none takes a descriptor, none holds up the start, a poll, a request or the stop.
# What a daemon that was killed left is taken back, by the next start or by kidosctl cleanup; and
# what cannot be looked at for want of descriptors is left alone.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

links=80
[ "${KIDOS_SLOW:-1}" -le 1 ] || links=12
limit=200
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

# at_hooks: programs of ours at interfaces: links by id, and filters of kernels without tcx
at_hooks() {
	own_links
	in_ns b tc filter show | grep -c 'kidos_tc'
	in_ns b tc qdisc show | grep -c clsact
}

all_attached() {
	[ "$(count_logged 'received packets at')" -ge "$links" ]
}

some_attached() {
	[ "$(count_logged 'received packets at')" -ge 3 ]
}

# The kernel detaches some time after a pin has gone.
none_at_hooks() {
	[ "$(in_ns b tc qdisc show | grep -c clsact)" = 0 ] &&
		! grep ' ' <<<"$were_there" | comm -12 - <("$build/tests/tools/bpf-ids" | sort) | grep .
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
	[ "$(open_descriptors)" -lt 200 ]
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

# With no descriptor to be had, events and polls come and nothing is taken for gone.
starved() {
	local before
	before=$(at_hooks)
	prlimit --pid "$daemon" --nofile=3:4096
	ip -n "$run-b" link set v1 down
	ip -n "$run-b" link set v1 up
	sleep 2
	prlimit --pid "$daemon" --nofile="$limit":4096
	settle
	diff <(echo "$before") <(at_hooks) && ! grep ': gone$' "$work/log"
}

unharmed() {
	diff <(echo "$were_there") <(at_hooks)
}

clean_up() {
	in_ns b "$kidosctl" --state "$state" cleanup
}

make_ns a b
make_links
start_limited $limit
check 'waits are said while the rest is attached' wait_for 20 said_waiting
check 'and a request is answered meanwhile' ctl collector flows on
check 'all are attached' wait_for 60 all_attached
check 'without descriptors of their own' few_descriptors
check 'with none to be had: nothing is taken for gone' starved
were_there=$(at_hooks)
check 'cleanup beside it: refused' eval '! clean_up'
check 'and nothing is harmed' unharmed
kill_collectd
check 'killed: its programs are still there' unharmed
check 'cleanup: all of it goes' clean_up
check 'cleanup: from the interfaces too' wait_for 20 none_at_hooks
check 'cleanup: with nothing left to clean' clean_up
start_limited $limit "MaxInterfaces $((links / 2))
$config"
check 'beyond MaxInterfaces: attached' wait_for 60 all_attached
were_there=$(at_hooks)
kill_collectd
check 'beyond MaxInterfaces: what is left is of another version' another_version
start_collectd b '<Interface "none">
</Interface>'
check 'beyond MaxInterfaces: taken back by the next start' wait_for 20 none_at_hooks
stop_collectd
start_collectd b "$config"
check 'stop while attaching: some are attached' wait_for 20 some_attached
were_there=$(at_hooks)
check 'stop while attaching: at once' stops_quickly
check 'stop while attaching: nothing is left' wait_for 20 none_at_hooks
check 'nothing is left' nothing_left
finish
