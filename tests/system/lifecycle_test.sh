#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.1
# Interfaces and namespaces that come and go, a daemon that is killed, a second one, SIGTERM in
# every phase: nothing is lost, nothing is left.
# alone: stops are timed
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

# In a guest's emulated CPU a recreation takes a second, a start of collectd ten.
if [ "${KIDOS_SLOW:-1}" -gt 1 ]; then
	recreations=5 kills='1 2' phases=0.3
else
	recreations=1000 kills='1 2 3 4 5' phases='0.01 0.03 0.05 0.1 0.2 0.3 0.5 1 2'
fi

config="<Interface \"b0\">
	Namespace \"$run-b\"
</Interface>"

is() {
	interface_is "$run-b:$1" "$2"
}

# As somebody else does it, without a word to kidos-netns.
recreate_link() {
	ip -n "$run-a" link delete a0 2>/dev/null
	ip -n "$run-a" link add a0 arp off type veth peer name b0 netns "$run-b" &&
		ip -n "$run-b" link set b0 arp off up && ip -n "$run-a" link set a0 up
}

same_index_new_name() {
	local index
	index=$(in_ns b cat /sys/class/net/b0/ifindex 2>/dev/null || ip -n "$run-b" -j link show b0 | jq '.[0].ifindex')
	ip -n "$run-a" link delete a0
	wait_for 10 is b0 waiting || return 1
	ip -n "$run-a" link add a0 arp off type veth peer name c0 netns "$run-b" index "$index"
	ip -n "$run-b" link set c0 up
	ip -n "$run-a" link set a0 up
	in_ns a "$frames" a0 udp 50 --dst-mac "$nobody"
	sleep 1
	is b0 waiting
}

open_descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 | wc -l
}

thousand_recreations() {
	local i descriptors
	recreate_link && wait_for 20 is b0 attached || return 1
	descriptors=$(open_descriptors)
	for ((i = 0; i < recreations; i++)); do
		recreate_link || return 1
	done
	wait_for 20 is b0 attached || return 1
	echo "descriptors: $descriptors, then $(open_descriptors)"
	[ "$(open_descriptors)" -le "$descriptors" ]
}

# A descriptor of ours in the namespace would keep it and its veth alive.
delete_frees_at_once() {
	delete_ns b
	wait_for 2 no_a0 || { ip -n "$run-a" link; return 1; }
}

no_a0() {
	! ip -n "$run-a" link show a0
}

# second_instance OPTIONS: another collectd with this configuration. Its log is the daemon's too.
second_instance() {
	timeout $((20 * ${KIDOS_SLOW:-1})) collectd "$@" -P "$work/second.pid" -C "$work/collectd.conf" 2>&1
}

unharmed() {
	tail -n 5 "$work/log"
	kill -0 "$daemon" && is b0 attached
}

refused() {
	: >"$work/log"
	second_instance -f &
	wait_for 10 logged "is in use by process $daemon" && wait_for 10 logged 'Initialization complete'
	kill %% && wait %%
	unharmed && ! grep -F 'attaches nothing' "$work/log"
}

test_passes() {
	: >"$work/log"
	second_instance "$@" && unharmed && logged "is in use by process $daemon: the test attaches nothing" &&
		[ ! -e "$state-test" ]
}

test_fails() {
	: >"$work/log"
	cp "$work/collectd.conf" "$work/right.conf"
	sed -i 's/<Plugin kidos>/&\nMaxInterfaces 0/' "$work/collectd.conf"
	! second_instance -T || return 1
	cp "$work/right.conf" "$work/collectd.conf"
	unharmed && logged 'MaxInterfaces "0": not a whole number'
}

# A guest's files come over 9p, where a process that is killed while it reads may never end: there
# collectd has all its libraries first.
loaded() {
	[ "${KIDOS_SLOW:-1}" -le 1 ] || wait_for 20 logged 'room for'
}

killed_and_restarted() {
	local i
	for i in $kills; do
		loaded
		sleep "0.$((RANDOM % 10))"
		kill_collectd
		start_collectd - "$config"
	done
	attached b0 && wait_for 20 is b0 attached
}

# down_once SECONDS: SIGTERM that long after the start
down_once() {
	start_collectd - "$config"
	loaded
	sleep "$1"
	stop_collectd
	echo "$1 s after start: down in $stopped_ms ms"
	nothing_left && [ "$stopped_ms" -le $((2000 * ${KIDOS_SLOW:-1})) ]
}

# From loading to polling. Other tries, since a machine that is busy elsewhere is not our fault.
down_in_two_seconds() {
	local phase try
	for phase in $phases; do
		for try in 1 2 3 4; do
			[ "$try" = 1 ] || sleep 2
			! down_once "$phase" || continue 2
		done
		return 1
	done
}

make_ns a b
make_veth a a0 b b0
start_collectd - "$config"
check 'attached in a named namespace' wait_for 20 is b0 attached
check 'packets are counted' sends_counted "$run-b:b0"
ip -n "$run-a" link delete a0
check 'a deleted interface is waited for' wait_for 10 is b0 waiting
make_veth a a0 b b0
check 'a recreated interface is attached' wait_for 10 is b0 attached
check 'and counted' sends_counted "$run-b:b0"
check 'another name with the same index is not taken for it' same_index_new_name
check 'recreated many times' thousand_recreations
check 'and counted after it' sends_counted "$run-b:b0"
check 'a deleted namespace goes at once, with its veth' delete_frees_at_once
check 'its interface is waited for' wait_for 10 is b0 waiting
make_ns b
make_veth a a0 b b0
check 'a recreated namespace is attached' wait_for 10 is b0 attached
check 'and counted again' sends_counted "$run-b:b0"
check 'another collectd beside it is refused, naming the pid' refused
check 'collectd -T beside it passes' test_passes -T
check 'collectd -fT too' test_passes -fT
check 'collectd -T beside it says what is wrong' test_fails
check 'and harms nothing' sends_counted "$run-b:b0"
check 'killed at random points and restarted' killed_and_restarted
check 'counted after a restart' sends_counted "$run-b:b0"
stop_collectd
check 'nothing is left' nothing_left
check 'SIGTERM in every phase: down within two seconds' down_in_two_seconds
finish
