#!/bin/bash
# SPDX-License-Identifier: MIT
# The state directory is somebody else's, or goes away under a running daemon: what others have there
# stays, and what is counted after it is right.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config='<Interface "b0">
</Interface>'

# A map of somebody's, called NAME
precious() {
	mkdir "$state" && bpftool map create "$state/$1" type array key 4 value 4 entries 1 name precious
}

cleanup_refuses() {
	! ctl cleanup 2>"$work/words" && grep 'not a state directory of kidos' "$work/words"
}

# refuses NAME PIN: neither the daemon nor kidosctl touches it
refuses() {
	precious "$2"
	start_collectd b "$config"
	wait_for 20 logged 'Initialization complete'
	check "$1: the daemon says why" logged "$state has what is not kidos's ($2): name another directory"
	stop_collectd
	check "$1: cleanup says no" cleanup_refuses
	check "$1: it is still there" test -e "$state/$2"
	rm -r "$state"
}

# cleaned NAME PATH: that is one way to write the path
cleaned() {
	start_collectd b "$config"
	attached b0
	kill_collectd
	check "$1: right after the kill" env -C /sys/fs/bpf "$kidosctl" --state "$2" cleanup
	check "$1: nothing is left" nothing_left
}

# goes NAME COMMAND...: the directory goes by this command
goes() {
	local name=$1
	shift
	start_collectd b "$config"
	check "$name: attached" attached b0
	sends_counted b0 >/dev/null
	: >"$work/log"
	"$@"
	check "$name: said" wait_for 20 logged 'is not there any more: kidos begins anew'
	check "$name: begun anew" attached b0
	equal "$name: said once" 1 "$(grep -c 'is not there any more' "$work/log")"
	check "$name: kidosctl finds it" wait_for 20 interface_is b0 attached
	check "$name: counts" sends_counted b0
	stop_collectd
	rm -rf "$state-away"
	check "$name: nothing is left" nothing_left
}

make_ns a b
make_veth a a0 b b0
refuses "another's pin" precious
refuses "another's pin with a name of ours" meta
cleaned 'an absolute path' "$state"
cleaned 'a slash at its end' "$state/"
cleaned 'a relative path' "$run"
goes removed rm -r "$state"
goes moved mv "$state" "$state-away"
finish
