#!/bin/bash
# SPDX-License-Identifier: MIT
# `collectd -T` where no kidos runs: it says what is wrong, and touches nothing.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config='<Interface "b0">
</Interface>
<Flows>
	MaxFlows 4096
	TopFlows 3
</Flows>'

# test_run [PREFIX COMMAND...]: with the daemon's configuration, its log to $work/log
test_run() {
	: >"$work/log"
	in_ns b timeout $((20 * ${KIDOS_SLOW:-1})) "$@" collectd -T -C "$work/collectd.conf" >"$work/said" 2>&1
}

passes() {
	test_run || { cat "$work/said" "$work/log"; return 1; }
}

# fails LINE [PREFIX COMMAND...]: with this in the log
fails() {
	local line=$1
	shift
	! test_run "$@" && logged "$line" || { cat "$work/said" "$work/log"; return 1; }
}

pins() {
	find "$state" "$state-test" 2>/dev/null | sort
}

# Lines that tell of the interface.
of_interface() {
	grep 'interface b0' "$work/log"
}

make_ns a b
make_veth a a0 b b0
write_config "$config"
check 'it passes' passes
check 'it loads everything' logged 'room for'
equal 'no interface is attached, and none is waited for' '' "$(of_interface)"
equal 'nothing is left' '' "$(pins)"
write_config 'MaxInterfaces 0'
check 'it says what is wrong with an option' fails 'MaxInterfaces "0": not a whole number'
write_config "$config"
check 'it says which capability is missing' fails 'loading programs takes CAP_BPF' \
	setpriv --bounding-set -bpf,-sys_admin --inh-caps -bpf,-sys_admin
mkdir -m 777 "$state"
check 'it says what is wrong with the state directory' fails "others may change what is in $state"
rmdir "$state"

# What a killed one left is the next start's, not the test's.
start_collectd b "$config"
check 'a daemon is attached' attached b0
kill_collectd
left=$(pins)
check 'after kill -9: it passes' passes
equal 'after kill -9: what was left is as it was' "$left" "$(pins)"
start_collectd b "$config"
check 'after kill -9: the next start takes it back' wait_for 20 logged 'took back what an earlier process left'
check 'after kill -9: attached again' attached b0

in_ns a "$frames" a0 udp 20 --dst-mac "$nobody" >/dev/null
settle
check 'beside a daemon: it passes' passes
check 'beside a daemon: it says why it attaches nothing' \
	logged "is in use by process $daemon: the test attaches nothing"
check 'beside a daemon: that goes on' interface_is b0 attached
stop_collectd
check 'all is gone' nothing_left
finish
